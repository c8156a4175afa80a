package dev.faultline.litmus.setup;

import dev.faultline.litmus.types.Feature;
import dev.faultline.litmus.types.Modelled;
import java.util.Optional;

/// The architectures of the language.
public enum Architecture {
    X86_64("x86_64", Optional.empty()),
    ARM64("arm64", Optional.of(Feature.ARM64)),
    ARM64_MTE("arm64 mte", Optional.of(Feature.ARM64_MTE)),
    SPARC64_ADI("sparc64 adi", Optional.of(Feature.SPARC64_ADI)),
    MORELLO("morello", Optional.of(Feature.MORELLO));

    private final String words;
    private final Optional<Feature> feature;

    Architecture(String words, Optional<Feature> feature) {
        this.words = words;
        this.feature = feature;
    }

    /// {@return the architecture as the language writes it}
    public String words() {
        return words;
    }

    /// {@return whether there is a model of it}
    public boolean isModelled(Modelled modelled) {
        return feature.map(modelled.features()::contains).orElse(true);
    }

    /// {@return what a model must have for it; nothing for the default one}
    Optional<Feature> feature() {
        return feature;
    }

    /// {@return the architecture that `words` name}
    public static Optional<Architecture> of(String words) {
        for (Architecture architecture : values()) {
            if (architecture.words.equals(words)) {
                return Optional.of(architecture);
            }
        }
        return Optional.empty();
    }

    @Override
    public String toString() {
        return words;
    }
}
