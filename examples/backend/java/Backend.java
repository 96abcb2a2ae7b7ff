import casework.api.HandlingApi;
import casework.api.IntakeApi;
import casework.api.ReadingApi;
import casework.client.ApiClient;
import casework.client.ApiException;
import casework.model.CaseAnswer;
import casework.model.Done;
import casework.model.ProblemBody;
import casework.model.Submission;
import casework.model.SupplementBody;
import casework.model.TurnAnswer;
import casework.model.Uploaded;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A backend that speaks to Casework by HTTP, with the client that is generated from /openapi.json.
 *
 * <p>It uploads a file, submits the application with it, reads the case and whose turn it is, and
 * is refused; it prints one line of JSON with what it has read.
 */
public final class Backend {
    private Backend() {}

    /** Arguments: address, token, a file with the body of POST /v1/applications, a PDF. */
    public static void main(String[] args) throws Exception {
        ApiClient client = new ApiClient();
        client.updateBaseUri(args[0]);
        client.setRequestInterceptor(each -> each.header("Authorization", "Bearer " + args[1]));
        ObjectMapper json = client.getObjectMapper();

        Uploaded stored = new IntakeApi(client).materialsUpload(new File(args[3]), null);
        Submission submission = json.readValue(new File(args[2]), Submission.class);
        submission.getMaterials().forEach(each -> each.setSha256(stored.getSha256()));
        Done receipt = new IntakeApi(client).applicationsSubmit(submission);

        ReadingApi reading = new ReadingApi(client);
        CaseAnswer seen = reading.applicationsGet(receipt.getCaseNo());
        TurnAnswer turn = reading.casesTurn(receipt.getCaseNo());
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("case_no", receipt.getCaseNo());
        told.put("stage", seen.getStage());
        told.put("turn", turn.getTurn().getSentence());
        try {
            new HandlingApi(client).applicationsSupplement(
                receipt.getCaseNo(), null, null, "supplement-1", null,
                new SupplementBody().addStatementsItem("ILLEGIBLE"));
        } catch (ApiException refused) {
            ProblemBody problem = json.readValue(refused.getResponseBody(), ProblemBody.class);
            told.put("status", refused.getCode());
            told.put("code", problem.getCode());
            told.put("detail", problem.getDetail());
        }
        System.out.println(json.writeValueAsString(told));
    }
}
