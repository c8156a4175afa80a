/// One recorded execution, or a whole check, as text and JSON.
module dev.faultline.report {
    requires transitive static org.jspecify;
    requires transitive dev.faultline.litmus;
    requires tools.jackson.core;

    exports dev.faultline.report;
}
