/// The same programs on the host's Linux.
module dev.faultline.live {
    requires transitive static org.jspecify;
    requires jdk.jfr;
    requires transitive dev.faultline.litmus;

    exports dev.faultline.live.compare;
    exports dev.faultline.live.conform;
    exports dev.faultline.live.host;
    exports dev.faultline.live.run;
    exports dev.faultline.live.translate;
}
