package dev.faultline.report;

import dev.faultline.explore.Violation;
import dev.faultline.explore.verdict.Inversion;
import dev.faultline.explore.verdict.LockOrder;
import dev.faultline.litmus.condition.ConditionResult;
import dev.faultline.litmus.condition.Outcome;
import dev.faultline.litmus.run.LitmusProgram;
import dev.faultline.litmus.verdict.TestResult;
import dev.faultline.machine.schedule.Schedule;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/// Results as one JSON document.
public final class JsonReport {
    private JsonReport() {}

    /// {@return the document for these results}
    ///
    /// @param version of Faultline
    public static String of(String version, List<TestResult> results) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(ObjectWriteContext.empty(), text)) {
            json.writeStartObject();
            json.writeStringProperty("faultline", version);
            json.writeArrayPropertyStart("tests");
            results.forEach(result -> test(json, result));
            json.writeEndArray();
            json.writeEndObject();
        }
        return text.toString();
    }

    private static void test(JsonGenerator json, TestResult result) {
        json.writeStartObject();
        json.writeStringProperty("name", result.test().name());
        json.writeStringProperty("file", result.test().source().name());
        json.writeStringProperty("kernel", result.kernel().release());
        strings(json, "patches", result.kernel().patches());
        json.writeStringProperty("arch", result.test().machine().architecture().words());
        json.writeStringProperty("verdict", result.verdict());
        strings(json, "kinds", result.kinds().stream().map(kind -> kind.word()).toList());
        result.condition().ifPresent(condition -> condition(json, result, condition));
        violations(json, result);
        warnings(json, result);
        outcomes(json, result);
        totals(json, result);
        json.writeEndObject();
    }

    private static void strings(JsonGenerator json, String name, List<String> values) {
        json.writeArrayPropertyStart(name);
        values.forEach(json::writeString);
        json.writeEndArray();
    }

    private static void condition(JsonGenerator json, TestResult result, ConditionResult condition) {
        json.writeObjectPropertyStart("condition");
        json.writeStringProperty("text", result.test().condition().orElseThrow().text());
        json.writeBooleanProperty("satisfied", condition.satisfied());
        json.writeNumberProperty("witnesses", condition.witnesses());
        json.writeEndObject();
    }

    private static void violations(JsonGenerator json, TestResult result) {
        json.writeArrayPropertyStart("violations");
        for (Violation violation : result.exploration().violations()) {
            violation(json, violation.kind().word(), violation.summary(), violation.schedule());
        }
        if (result.verdict().equals("condition")) {
            result.conditionSample().ifPresent(sample ->
                    violation(json, "condition", "an execution that breaks the condition", sample.witness()));
        }
        json.writeEndArray();
    }

    private static void violation(JsonGenerator json, String kind, String summary, Schedule schedule) {
        json.writeStartObject();
        json.writeStringProperty("kind", kind);
        json.writeStringProperty("summary", summary);
        json.writeStringProperty("schedule", schedule.toString());
        json.writeNumberProperty("steps", schedule.steps());
        json.writeNumberProperty("switches", schedule.switches());
        json.writeEndObject();
    }

    private static void warnings(JsonGenerator json, TestResult result) {
        LitmusProgram program = new LitmusProgram(result.test(), result.kernel().parts());
        json.writeArrayPropertyStart("warnings");
        for (Inversion inversion : result.exploration().inversions()) {
            json.writeStartObject();
            json.writeStringProperty("kind", "lock-order");
            json.writeStringProperty("summary", inversion.summary());
            json.writeArrayPropertyStart("orders");
            for (LockOrder order : inversion.orders()) {
                order(json, order, LockPath.of(program, order, result.options().explore().stepBound()));
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void order(JsonGenerator json, LockOrder order, LockPath path) {
        json.writeStartObject();
        json.writeStringProperty("task", path.task());
        lock(json, "holds", new Lock(order.held(), path.held(), order.heldShared(), path.heldChain()));
        lock(json, "takes", new Lock(order.wanted(), path.wanted(), order.wantedShared(), path.wantedChain()));
        json.writeStringProperty("schedule", order.schedule().toString());
        json.writeEndObject();
    }

    private record Lock(String lockClass, String label, boolean shared, List<String> chain) {}

    private static void lock(JsonGenerator json, String name, Lock lock) {
        json.writeObjectPropertyStart(name);
        json.writeStringProperty("class", lock.lockClass());
        json.writeStringProperty("lock", lock.label());
        json.writeBooleanProperty("shared", lock.shared());
        strings(json, "chain", lock.chain());
        json.writeEndObject();
    }

    private static void outcomes(JsonGenerator json, TestResult result) {
        json.writeArrayPropertyStart("outcomes");
        for (Outcome outcome : result.outcomes().all()) {
            json.writeStartObject();
            json.writeObjectPropertyStart("values");
            for (Map.Entry<String, String> value : result.outcomes().print(outcome).entrySet()) {
                json.writeStringProperty(value.getKey(), value.getValue());
            }
            json.writeEndObject();
            json.writeNumberProperty("executions", outcome.executions());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void totals(JsonGenerator json, TestResult result) {
        json.writeNumberProperty("executions", result.exploration().executions());
        json.writeNumberProperty("blocked", result.exploration().blocked());
        json.writeNumberProperty("steps", result.exploration().steps());
        json.writeBooleanProperty("complete", result.exploration().complete());
        json.writeObjectPropertyStart("bounds");
        json.writeNumberProperty("steps", result.options().explore().stepBound());
        json.writeEndObject();
        if (result.claim().isPresent()) {
            json.writeStringProperty("claim", result.claim().get());
        }
        json.writeStringProperty("strategy", result.exploration().strategy());
        json.writeNumberProperty("seed", result.exploration().seed());
        json.writeNumberProperty("elapsed_ms", result.elapsedMillis());
    }
}
