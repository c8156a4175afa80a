/// What runs next, and the verdict. Knows no kernel.
module dev.faultline.explore {
    requires transitive dev.faultline.machine;
    requires transitive static org.jspecify;

    exports dev.faultline.explore;
    exports dev.faultline.explore.strategy;
    exports dev.faultline.explore.verdict;
}
