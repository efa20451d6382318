import java.io.File;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/** Checks PDF files against PDF/UA-1 and prints one line for each file and one for each breach of a rule. */
public class CheckPdfUa {
    public static void main(String[] paths) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        boolean allPass = true;
        for (String path : paths) {
            allPass &= check(path);
        }
        System.exit(allPass ? 0 : 1);
    }

    private static boolean check(String path) throws Exception {
        try (PDFAParser parser =
                        Foundries.defaultInstance().createParser(new File(path), PDFAFlavour.PDFUA_1);
                PDFAValidator validator =
                        Foundries.defaultInstance().createValidator(PDFAFlavour.PDFUA_1, false)) {
            ValidationResult result = validator.validate(parser);
            System.out.println(
                    (result.isCompliant() ? "PASS " : "FAIL ") + result.getTotalAssertions() + " " + path);
            for (TestAssertion assertion : result.getTestAssertions()) {
                if (assertion.getStatus() == TestAssertion.Status.FAILED) {
                    System.out.println(
                            "BROKEN "
                                    + assertion.getRuleId().getClause()
                                    + "-"
                                    + assertion.getRuleId().getTestNumber()
                                    + ": "
                                    + assertion.getMessage()
                                    + " at "
                                    + assertion.getLocation().getContext());
                }
            }
            return result.isCompliant();
        }
    }
}
