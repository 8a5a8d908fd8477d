import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/**
 * Reads SOAP requests by the parser of Java's library, as a tree (its stream has the same scanner). Each line of standard
 * input is a request in base64; the answer is a line of JSON. Nothing of this project is used.
 */
public final class SoapReader {
  private static final String SOAP = "http://schemas.xmlsoap.org/soap/envelope/";
  private static final String XSI = "http://www.w3.org/2001/XMLSchema-instance";
  private static final String SERIALIZATION = "http://schemas.microsoft.com/2003/10/Serialization/";
  private static final Set<String> GROUPS =
      Set.of("Account", "AccountName", "AccountNumber", "DeviceGroupName", "GroupName");
  private static final List<String> CHANGES =
      List.of("Activate", "Deactivate", "Suspend", "Restore", "Reconnect");

  private final List<String> operations = new ArrayList<>();
  private final List<String> tokens = new ArrayList<>();
  private final List<String> devices = new ArrayList<>();
  private final List<String> groups = new ArrayList<>();
  private final List<String> kinds = new ArrayList<>();

  public static void main(String[] arguments) throws Exception {
    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      byte[] data = Base64.getDecoder().decode(line.trim());
      var reading = new SoapReader();
      try {
        reading.envelope(tree(data));
        out.println(reading.json());
      } catch (Exception failure) {
        out.println("{\"error\":" + quoted(failure.toString()) + "}");
      }
    }
  }

  private static Element tree(byte[] data) throws Exception {
    var factory = DocumentBuilderFactory.newInstance();
    factory.setNamespaceAware(true);
    factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
    DocumentBuilder builder = factory.newDocumentBuilder();
    builder.setErrorHandler(null);
    return builder.parse(new ByteArrayInputStream(data)).getDocumentElement();
  }

  private void envelope(Element envelope) {
    if (!is(envelope, "Envelope")) throw new IllegalArgumentException("its root is not an Envelope");
    for (Element part : children(envelope)) {
      for (Element child : children(part)) {
        if (is(part, "Header")) block(child.getNamespaceURI(), child.getLocalName(), child.getTextContent());
        if (!is(part, "Body")) continue;
        operations.add(clark(child.getNamespaceURI(), child.getLocalName()));
        visit(child);
      }
    }
  }

  private void visit(Element parent) {
    for (Element child : children(parent)) {
      if (skipped(child)) continue;
      String name = child.getLocalName();
      selector(name, child.getTextContent());
      if (name.equals("Identifier") && !trimmed(child.getTextContent()).isEmpty()) {
        String kind = "";
        for (Element other : children(parent)) {
          if (!other.getLocalName().equals("Kind") || skipped(other)) continue;
          kind = trimmed(other.getTextContent());
          break;
        }
        devices.add(kind + " " + trimmed(child.getTextContent()));
      }
      visit(child);
    }
  }

  private void block(String namespace, String name, String text) {
    if (name.toLowerCase(Locale.ROOT).equals("token")) tokens.add(clark(namespace, name) + " " + trimmed(text));
  }

  private void selector(String name, String text) {
    if (name.endsWith("Filter")) groups.add(name);
    else if (GROUPS.contains(name)) groups.add(name + " " + trimmed(text));
    for (String change : CHANGES) if (name.matches("(?i)" + change + "(device(request)?)?")) kinds.add(change);
  }

  private static List<Element> children(Element element) {
    var found = new ArrayList<Element>();
    for (Node node = element.getFirstChild(); node != null; node = node.getNextSibling()) {
      if (node instanceof Element child) found.add(child);
    }
    return found;
  }

  private static boolean skipped(Element element) {
    return isTrue(element.getAttributeNS(XSI, "nil")) || !element.getAttributeNS(SERIALIZATION, "Ref").isEmpty();
  }

  private static boolean isTrue(String value) {
    return value != null && trimmed(value).matches("true|1");
  }

  private static boolean is(Element element, String name) {
    return SOAP.equals(element.getNamespaceURI()) && element.getLocalName().equals(name);
  }

  private static String clark(String namespace, String name) {
    return namespace == null || namespace.isEmpty() ? name : "{" + namespace + "}" + name;
  }

  private static String trimmed(String text) {
    return text.replaceAll("^[ \t\r\n]+|[ \t\r\n]+$", "");
  }

  private String json() {
    return "{\"operation\":" + quoted(String.join(" ", operations)) + ",\"tokens\":" + list(tokens)
        + ",\"devices\":" + list(devices) + ",\"groups\":" + list(groups) + ",\"kinds\":" + list(kinds) + "}";
  }

  private static String list(List<String> texts) {
    return "[" + String.join(",", texts.stream().map(SoapReader::quoted).toList()) + "]";
  }

  private static String quoted(String text) {
    var quoted = new StringBuilder("\"");
    for (char one : text.toCharArray()) {
      if (one < 0x20 || one == '"' || one == '\\' || one > 0x7e) quoted.append(String.format("\\u%04x", (int) one));
      else quoted.append(one);
    }
    return quoted.append('"').toString();
  }
}
