/// What runs next, and the verdict. Knows no kernel.
module dev.faultline.explore {
    requires static org.jspecify;
    requires transitive dev.faultline.machine;
}
