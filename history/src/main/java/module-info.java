/// Kernels of the past: patches as parts that replace today's.
module dev.faultline.history {
    requires transitive dev.faultline.kernel;
    requires transitive static org.jspecify;

    exports dev.faultline.history;
}
