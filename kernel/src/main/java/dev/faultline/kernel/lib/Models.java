package dev.faultline.kernel.lib;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// Names the kernel function that a method models. Reports print call chains in these names.
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.CONSTRUCTOR})
public @interface Models {
    /// {@return the file of the kernel's source tree, e.g. `mm/gup.c`}
    String file();

    /// {@return the function, e.g. `get_user_pages_fast`}
    String symbol();

    /// {@return the release whose form the method has}
    String release() default "v6.18";
}
