import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * What a backend in Java sends in the header {@code casework-proof}, made by the JDK alone (17 or
 * later), as docs/contract.md describes it.
 *
 * <p>Put the text into the header as the payload converter makes it of a string, in an interceptor
 * of Temporal's client, for each update and signal; {@code jti} is the update's id.
 */
public final class Proof {
    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

    private Proof() {}

    /** Arguments: KEY.pem KID CODE CASE_NO [JTI [IAT]]; prints the proof that a file has arrived. */
    public static void main(String[] args) throws Exception {
        Map<String, Object> actor = new LinkedHashMap<>();
        actor.put("code", args[2]);
        actor.put("role", "system");
        String workflowId = "app." + args[3].split("-")[0] + "." + args[3];
        String jti = args.length > 4 ? args[4] : UUID.randomUUID().toString();
        long iat = args.length > 5 ? Long.parseLong(args[5]) : Instant.now().getEpochSecond();
        System.out.println(
            of(key(Path.of(args[0])), args[1], "archive_arrived", workflowId,
                Map.of("actor", actor), jti, iat, 300));
    }

    /**
     * The proof of a message whose {@code actor} sends it.
     *
     * @param message only what differs from its default: no nulls, no empty lists and texts
     * @param lasts seconds; 300 for an update, up to seven days for a signal
     */
    public static String of(
            PrivateKey key, String kid, String verb, String workflowId,
            Map<String, Object> message, String jti, long iat, long lasts)
            throws GeneralSecurityException {
        byte[] canonical = bytes(json(sorted(message)));
        Map<String, Object> claims = new LinkedHashMap<>();
        claims.put("act", message.get("actor"));
        claims.put("verb", verb);
        claims.put("case", workflowId);
        claims.put("dig", base64(MessageDigest.getInstance("SHA-256").digest(canonical)));
        claims.put("iat", iat);
        claims.put("exp", iat + lasts);
        claims.put("jti", jti);
        Map<String, Object> head = new LinkedHashMap<>();
        head.put("alg", "EdDSA");
        head.put("kid", kid);
        head.put("typ", "JWT");
        String content = base64(bytes(json(head))) + "." + base64(bytes(json(claims)));
        Signature signature = Signature.getInstance("Ed25519");
        signature.initSign(key);
        signature.update(bytes(content));
        return content + "." + base64(signature.sign());
    }

    /** The private key that {@code casework keys signer add} has written. */
    public static PrivateKey key(Path pem) throws Exception {
        String text = Files.readString(pem).replaceAll("-----[A-Z ]+-----|\\s", "");
        byte[] content = Base64.getDecoder().decode(text);
        return KeyFactory.getInstance("Ed25519").generatePrivate(new PKCS8EncodedKeySpec(content));
    }

    private static Object sorted(Object value) {
        if (value instanceof Map<?, ?> members) {
            Map<String, Object> made = new TreeMap<>();
            members.forEach((name, member) -> made.put((String) name, sorted(member)));
            return made;
        }
        return value instanceof List<?> list ? list.stream().map(Proof::sorted).toList() : value;
    }

    /** JSON without blanks, in UTF-8 without escapes but those that JSON demands. */
    private static String json(Object value) {
        if (value instanceof Map<?, ?> members) {
            List<String> made = new ArrayList<>();
            members.forEach((name, member) -> made.add(json(name) + ":" + json(member)));
            return "{" + String.join(",", made) + "}";
        }
        if (value instanceof List<?> list) {
            return "[" + String.join(",", list.stream().map(Proof::json).toList()) + "]";
        }
        return value instanceof String text ? quoted(text) : String.valueOf(value);
    }

    private static String quoted(String text) {
        StringBuilder made = new StringBuilder("\"");
        for (char each : text.toCharArray()) {
            int known = "\"\\\n\r\t\b\f".indexOf(each);
            if (known >= 0) {
                made.append('\\').append("\"\\nrtbf".charAt(known));
            } else if (each < ' ') {
                made.append(String.format("\\u%04x", (int) each));
            } else {
                made.append(each);
            }
        }
        return made.append('"').toString();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String base64(byte[] content) {
        return BASE64.encodeToString(content);
    }
}
