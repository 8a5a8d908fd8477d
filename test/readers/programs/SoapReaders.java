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
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamReader;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/**
 * Reads SOAP requests by the parsers of Java's library: `dom` (a tree) or `stax` (a stream). Each line of standard input
 * is a request in base64; the answer is a line of JSON. Nothing of this project is used.
 */
public final class SoapReaders {
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
      var reading = new SoapReaders();
      try {
        if (arguments[0].equals("dom")) reading.envelope(tree(data));
        else reading.stream(data);
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

  /** An element that is open in a stream, with what was met in it. */
  private static final class Open {
    String name;
    final StringBuilder text = new StringBuilder();
    String kind;
    final List<String> identifiers = new ArrayList<>();
  }

  private void stream(byte[] data) throws Exception {
    var factory = XMLInputFactory.newInstance();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    XMLStreamReader reader = factory.createXMLStreamReader(new ByteArrayInputStream(data));
    List<Open> path = new ArrayList<>();
    List<String> names = new ArrayList<>();
    int skippedBelow = Integer.MAX_VALUE;
    while (reader.hasNext()) {
      int event = reader.next();
      if (event == XMLStreamConstants.DTD) throw new IllegalArgumentException("it has a DOCTYPE");
      if (event == XMLStreamConstants.CHARACTERS || event == XMLStreamConstants.CDATA) {
        if (!path.isEmpty()) path.get(path.size() - 1).text.append(reader.getText());
      } else if (event == XMLStreamConstants.START_ELEMENT) {
        var open = new Open();
        open.name = reader.getLocalName();
        path.add(open);
        names.add(clark(reader.getNamespaceURI(), reader.getLocalName()));
        String ref = reader.getAttributeValue(SERIALIZATION, "Ref");
        boolean skips = isTrue(reader.getAttributeValue(XSI, "nil")) || (ref != null && !ref.isEmpty());
        if (path.size() > 3 && skips && skippedBelow > path.size()) skippedBelow = path.size();
        if (path.size() == 3 && names.get(1).equals(clark(SOAP, "Body"))) operations.add(names.get(2));
      } else if (event == XMLStreamConstants.END_ELEMENT) {
        boolean skipped = path.size() >= skippedBelow;
        if (skippedBelow == path.size()) skippedBelow = Integer.MAX_VALUE;
        closed(path, names, skipped);
        names.remove(names.size() - 1);
      }
    }
  }

  private void closed(List<Open> path, List<String> names, boolean skipped) {
    Open ended = path.remove(path.size() - 1);
    String text = ended.text.toString();
    if (path.size() == 2 && names.get(1).equals(clark(SOAP, "Header"))) {
      String name = names.get(2);
      block(name.startsWith("{") ? name.substring(1, name.indexOf('}')) : null, ended.name, text);
    }
    if (path.size() < 2 || !names.get(1).equals(clark(SOAP, "Body")) || skipped) return;
    for (String identifier : ended.identifiers) devices.add((ended.kind == null ? "" : ended.kind) + " " + identifier);
    if (path.size() < 3) return;
    Open parent = path.get(path.size() - 1);
    if (ended.name.equals("Identifier") && !trimmed(text).isEmpty()) parent.identifiers.add(trimmed(text));
    if (ended.name.equals("Kind") && parent.kind == null) parent.kind = trimmed(text);
    selector(ended.name, text);
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
    return "[" + String.join(",", texts.stream().map(SoapReaders::quoted).toList()) + "]";
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
