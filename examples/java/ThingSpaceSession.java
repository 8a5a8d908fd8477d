import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Scanner;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A ThingSpace session from the access function (docs/access.md): no password, no log-in, no right on the secret.
 *
 * <p>Needs JDK 17 and nothing else: it signs by hand and reads JSON by a pattern. In an app with AWS's SDK take its
 * AwsV4HttpSigner and DefaultCredentialsProvider, and its JSON library.
 *
 * <p>Settings: ACCESS_URL (the stack's output AccessUrl), CREDENTIAL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY
 * and, with temporary credentials, AWS_SESSION_TOKEN.
 *
 * <p>{@code java ThingSpaceSession.java} makes a request for each line on its input, and says how it ended.
 */
public final class ThingSpaceSession {
    /** ThingSpace no longer knows the session, or the gateway refused the bearer: nothing was executed. */
    static final class Refused extends Exception {
        final boolean bearer;

        Refused(boolean bearer) {
            super(bearer ? "the bearer was refused" : "the session is gone");
            this.bearer = bearer;
        }
    }

    /** There is no session now. The message says what to do; it holds no secret. */
    static final class NoSession extends Exception {
        NoSession(String why) {
            super(why);
        }
    }

    /** The function's answer: good for a minute at most. */
    record Document(String transport, String baseUrl, long generation, String token, String authorization, long usableSeconds) {
        static Document read(String json) {
            return new Document(
                text(json, "transport"), text(json, "baseUrl"), Long.parseLong(text(json, "generation")),
                text(json, "token"), text(json, "Authorization"), Long.parseLong(text(json, "usableSeconds")));
        }
    }

    interface Send<T> {
        T with(Document document) throws Refused, IOException, InterruptedException;
    }

    private static final String V2 = "http://nphase.com/unifiedwebservice/v2";
    private static final String DEVICE =
        "http://schemas.datacontract.org/2004/07/NPhase.UnifiedWebService.APIs.v2.Contract.DeviceService";
    /** The function waits for a session itself, through a rotation for example. */
    private static final Duration ANSWER = Duration.ofSeconds(95);
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final HttpClient HTTP = HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(5)).build();

    private final URI address =
        URI.create(env("ACCESS_URL").replaceAll("/+$", "") + "/" + env("CREDENTIAL") + "/session");
    private Document document;
    private long usableUntil;

    /** Returns the document in memory while it is good, or asks the function. */
    synchronized Document get() throws NoSession, InterruptedException {
        if (document == null || System.nanoTime() - usableUntil >= 0) {
            long askedAt = System.nanoTime();
            document = Document.read(ask("GET", address, ""));
            usableUntil = askedAt + Duration.ofSeconds(document.usableSeconds()).toNanos();
        }
        return document;
    }

    /**
     * Runs send; again with another session, within patience, when ThingSpace executed nothing. A rotation may end two
     * sessions within seconds. A refused bearer is replaced once. Nothing else is repeated.
     */
    <T> T run(Send<T> send) throws NoSession, Refused, IOException, InterruptedException {
        Instant deadline = Instant.now().plus(PATIENCE);
        boolean replaced = false;
        while (true) {
            Document used = get();
            try {
                return send.with(used);
            } catch (Refused refused) {
                if (refused.bearer ? replaced : Instant.now().isAfter(deadline)) throw refused;
                replaced |= refused.bearer;
                drop(used, refused.bearer);
            }
        }
    }

    private synchronized void drop(Document gone, boolean bearer) throws NoSession, InterruptedException {
        // Another thread may have said it meanwhile.
        if (document != gone) return;
        String refused = bearer ? ",\"refused\":\"bearer\"" : "";
        ask("POST", URI.create(address + "/gone"), "{\"generation\":" + gone.generation() + refused + "}");
        document = null;
    }

    /** Waits as long as the function says, within patience. Both requests may be repeated: neither logs in twice. */
    private String ask(String method, URI to, String body) throws NoSession, InterruptedException {
        Instant deadline = Instant.now().plus(PATIENCE);
        while (true) {
            HttpRequest.Builder request = HttpRequest.newBuilder(to).timeout(ANSWER)
                .method(method, HttpRequest.BodyPublishers.ofString(body));
            signature(method, to, body).forEach(request::header);
            String why = "the access function gave no answer";
            long wait = 1;
            try {
                HttpResponse<String> answer = HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
                if (answer.statusCode() < 300) return answer.body();
                String code = text(answer.body(), "code");
                why = code.isEmpty() ? "HTTP " + answer.statusCode() : code + ": " + text(answer.body(), "message");
                // AWS answers 502 for a process that died, without the header.
                boolean died = answer.statusCode() == 502 || answer.statusCode() == 504;
                wait = answer.headers().firstValueAsLong("retry-after").orElse(died ? 1 : -1);
            } catch (IOException noAnswer) {
                // Neither request does harm when it is repeated.
            }
            if (wait < 0 || Instant.now().plusSeconds(wait).isAfter(deadline)) throw new NoSession(why);
            Thread.sleep(wait * 1000);
        }
    }

    /** Signature Version 4 for the service lambda; the path has no character that needs an escape. */
    private static Map<String, String> signature(String method, URI to, String body) {
        String time = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC).format(Instant.now());
        String scope = time.substring(0, 8) + "/" + env("AWS_REGION") + "/lambda/aws4_request";
        Map<String, String> headers = new TreeMap<>(Map.of("host", to.getAuthority(), "x-amz-date", time));
        String temporary = System.getenv().getOrDefault("AWS_SESSION_TOKEN", "");
        if (!temporary.isEmpty()) headers.put("x-amz-security-token", temporary);
        StringBuilder canonical = new StringBuilder(method + "\n" + to.getRawPath() + "\n\n");
        headers.forEach((name, value) -> canonical.append(name).append(':').append(value).append('\n'));
        String names = String.join(";", headers.keySet());
        canonical.append("\n").append(names).append("\n").append(sha256(body));
        String toSign = "AWS4-HMAC-SHA256\n" + time + "\n" + scope + "\n" + sha256(canonical.toString());
        byte[] key = ("AWS4" + env("AWS_SECRET_ACCESS_KEY")).getBytes(StandardCharsets.UTF_8);
        for (String part : scope.split("/")) key = hmac(key, part);
        Map<String, String> sent = new LinkedHashMap<>(headers);
        sent.remove("host");
        sent.put("authorization", "AWS4-HMAC-SHA256 Credential=" + env("AWS_ACCESS_KEY_ID") + "/" + scope
            + ", SignedHeaders=" + names + ", Signature=" + HexFormat.of().formatHex(hmac(key, toSign)));
        return sent;
    }

    /** One SOAP request, never repeated here. */
    static boolean soap(Document document) throws Refused, IOException, InterruptedException {
        String body = "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Header><t:token xmlns:t=\"" + V2
            + "\">" + escaped(document.token()) + "</t:token></s:Header><s:Body><v:GetDeviceInformation xmlns:v=\"" + V2
            + "\"><v:Input><d:Device xmlns:d=\"" + DEVICE + "\">89148000000000000000</d:Device></v:Input>"
            + "</v:GetDeviceInformation></s:Body></s:Envelope>";
        HttpResponse<String> answer = HTTP.send(
            HttpRequest.newBuilder(URI.create(document.baseUrl() + "/DeviceService.svc")).timeout(Duration.ofSeconds(30))
                .header("Content-Type", "text/xml; charset=utf-8")
                .header("SOAPAction", "\"" + V2 + "/IDeviceService/GetDeviceInformation\"")
                .POST(HttpRequest.BodyPublishers.ofString(body)).build(),
            HttpResponse.BodyHandlers.ofString());
        Matcher code = Pattern.compile("<(?:\\w+:)?faultcode[^>]*>([^<]*)<").matcher(answer.body());
        if (answer.statusCode() == 500 && code.find() && code.group(1).contains("SessionToken.")) throw new Refused(false);
        return answer.statusCode() == 200;
    }

    /** One POST over REST, never repeated here. */
    static boolean rest(Document document) throws Refused, IOException, InterruptedException {
        HttpResponse<String> answer = HTTP.send(
            HttpRequest.newBuilder(URI.create(document.baseUrl() + "/devices/actions/list")).timeout(Duration.ofSeconds(30))
                .header("Authorization", document.authorization()).header("VZ-M2M-Token", document.token())
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"accountName\":\"0000123456-00001\"}")).build(),
            HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() == 401 && text(answer.body(), "code").matches("90090[1-4]")) throw new Refused(true);
        if (answer.statusCode() == 400 && text(answer.body(), "errorCode").contains("SessionToken.")) throw new Refused(false);
        return answer.statusCode() == 200;
    }

    public static void main(String[] arguments) throws Exception {
        ThingSpaceSession session = new ThingSpaceSession();
        for (Scanner lines = new Scanner(System.in); lines.hasNextLine(); lines.nextLine()) {
            try {
                boolean done = session.run(document -> document.transport().equals("rest") ? rest(document) : soap(document));
                System.out.println(done ? "done" : "failed");
            } catch (NoSession why) {
                System.out.println("no session: " + why.getMessage());
            }
        }
    }

    /** The first member of that name, a text or a number; empty where there is none. */
    static String text(String json, String name) {
        Matcher found = Pattern.compile("\"" + name + "\"\\s*:\\s*(?:\"((?:[^\"\\\\]|\\\\.)*)\"|(\\d+))").matcher(json);
        if (!found.find()) return "";
        if (found.group(1) == null) return found.group(2);
        return Pattern.compile("\\\\(?:u(\\p{XDigit}{4})|(.))").matcher(found.group(1)).replaceAll(escape ->
            Matcher.quoteReplacement(escape.group(2) != null ? escape.group(2)
                : String.valueOf((char) Integer.parseInt(escape.group(1), 16))));
    }

    private static String env(String name) {
        String value = System.getenv(name);
        if (value == null || value.isEmpty()) throw new IllegalStateException("Set " + name + ".");
        return value;
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    private static String sha256(String text) {
        try {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static byte[] hmac(byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
