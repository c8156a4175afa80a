# Read by ./mvnw and ./faultline: find_jdk sets jdk_home to a JDK 25 or later, or says in one line what to install.
# It reads each JDK's `release` file and starts none of them, so that it costs next to nothing.

jdk_wanted=25

# Sets jdk_major to the version of the JDK in folder $1; fails where there is none.
jdk_version() {
    [ -r "$1/release" ] && [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] || return 1
    while IFS= read -r jdk_line || [ -n "$jdk_line" ]; do
        case $jdk_line in
            JAVA_VERSION=*)
                jdk_major=${jdk_line#JAVA_VERSION=}
                jdk_major=${jdk_major#\"}
                jdk_major=${jdk_major%%[!0-9]*}
                [ -n "$jdk_major" ]
                return ;;
        esac
    done < "$1/release"
    return 1
}

# JAVA_HOME first, where it will do; then the wanted version before any later one.
find_jdk() {
    jdk_home=
    if [ -n "${JAVA_HOME:-}" ] && jdk_version "$JAVA_HOME" && [ "$jdk_major" -ge "$jdk_wanted" ]; then
        jdk_home=$JAVA_HOME
        return 0
    fi
    for jdk_place in /usr/lib/jvm/* /usr/lib64/jvm/* /usr/java/* /usr/local/java/* /opt/* /opt/java/* \
            "${HOME:-/}"/.sdkman/candidates/java/* "${HOME:-/}"/.jdks/* "${HOME:-/}"/.asdf/installs/java/* \
            "${HOME:-/}"/.local/share/mise/installs/java/* \
            /Library/Java/JavaVirtualMachines/*/Contents/Home \
            "${HOME:-/}"/Library/Java/JavaVirtualMachines/*/Contents/Home \
            /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home; do
        jdk_version "$jdk_place" || continue
        if [ "$jdk_major" -eq "$jdk_wanted" ]; then
            jdk_home=$jdk_place
            return 0
        elif [ "$jdk_major" -gt "$jdk_wanted" ] && [ -z "$jdk_home" ]; then
            jdk_home=$jdk_place
        fi
    done
    [ -z "$jdk_home" ] || return 0
    jdk_place=$(command -v javac) && jdk_place=$(readlink -f "$jdk_place") || jdk_place=
    jdk_place=${jdk_place%/bin/javac}
    if [ -n "$jdk_place" ] && jdk_version "$jdk_place" && [ "$jdk_major" -ge "$jdk_wanted" ]; then
        jdk_home=$jdk_place
        return 0
    fi
    echo "Faultline needs a JDK $jdk_wanted: install one (such as Eclipse Temurin $jdk_wanted, or your system's" \
        "openjdk-$jdk_wanted-jdk), or set JAVA_HOME to the folder of one." >&2
    return 1
}
