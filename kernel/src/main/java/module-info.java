/// Linux as an executable model. Takes steps on the machine and never learns who ordered them.
module dev.faultline.kernel {
    requires static org.jspecify;
    requires transitive dev.faultline.machine;
}
