/// Kernels of the past: patches as parts that replace today's.
module dev.faultline.history {
    requires static org.jspecify;
    requires transitive dev.faultline.kernel;
}
