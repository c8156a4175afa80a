/// The same programs on the host's Linux.
module dev.faultline.live {
    requires transitive static org.jspecify;
    requires transitive dev.faultline.litmus;

    exports dev.faultline.live.conform;
}
