/// Measurements, run by hand or as a smoke test. Never shipped.
module dev.faultline.bench {
    requires static org.jspecify;
    requires dev.faultline.explore;
    requires dev.faultline.history;
    requires dev.faultline.kernel;
    requires dev.faultline.litmus;
    requires dev.faultline.machine;
}
