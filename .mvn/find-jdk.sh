# Sets and exports JAVA_HOME to a JDK 25 or later, whatever `java` on the PATH is. Sourced by mvnw and sluice; POSIX sh.
# The version comes from the file `release` that every JDK carries, so that looking at ten of them costs no process.

# Major version of the JDK in folder $1, or 0 where it is no JDK.
sluice_jdk_version() {
  sluice_found=0
  if [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ]; then
    if [ -r "$1/release" ]; then
      while IFS='=' read -r sluice_key sluice_value; do
        if [ "$sluice_key" = JAVA_VERSION ]; then
          sluice_value=${sluice_value#\"}
          sluice_found=${sluice_value%%[!0-9]*}
          break
        fi
      done <"$1/release"
    else
      sluice_value=$("$1/bin/javac" -version 2>/dev/null) || sluice_value=
      sluice_value=${sluice_value#javac }
      sluice_found=${sluice_value%%[!0-9]*}
    fi
  fi
  sluice_found=${sluice_found:-0}
}

# The version the project is tested with wins; else the oldest that is new enough.
sluice_consider_jdk() {
  sluice_jdk_version "$1"
  if [ "$sluice_found" -ge 25 ] && { [ -z "$sluice_best" ] || [ "$sluice_found" -lt "$sluice_best" ]; }; then
    sluice_best=$sluice_found
    sluice_home=$1
  fi
}

sluice_find_jdk() {
  sluice_best='' sluice_home=''
  # What the user chose explicitly counts first, if it is new enough.
  sluice_consider_jdk "${JAVA_HOME:-/nonexistent}"
  if [ -z "$sluice_home" ]; then
    sluice_java=$(command -v javac 2>/dev/null) || sluice_java=
    if [ -n "$sluice_java" ]; then
      sluice_java=$(readlink -f "$sluice_java" 2>/dev/null) || sluice_java=
      sluice_consider_jdk "${sluice_java%/bin/javac}"
    fi
  fi
  if [ -z "$sluice_home" ]; then
    for sluice_dir in /usr/lib/jvm/* /usr/java/* /usr/local/*jdk* /usr/local/lib/jvm/* /usr/lib64/jvm/* \
      /opt/* /opt/*/* "${HOME:-/nonexistent}"/.jdks/* "${HOME:-/nonexistent}"/.sdkman/candidates/java/* \
      "${HOME:-/nonexistent}"/.local/share/mise/installs/java/* "${HOME:-/nonexistent}"/.asdf/installs/java/* \
      /Library/Java/JavaVirtualMachines/*/Contents/Home "${HOME:-/nonexistent}"/Library/Java/JavaVirtualMachines/*/Contents/Home \
      /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home; do
      sluice_consider_jdk "$sluice_dir"
    done
  fi
  if [ -z "$sluice_home" ] && [ -x /usr/libexec/java_home ]; then
    sluice_consider_jdk "$(/usr/libexec/java_home -v 25+ 2>/dev/null)"
  fi
  if [ -z "$sluice_home" ]; then
    echo "sluice: no JDK 25 or later found; install one (apt install openjdk-25-jdk, sdk install java 25-tem, or https://adoptium.net) or set JAVA_HOME" >&2
    exit 2
  fi
  JAVA_HOME=$sluice_home
  export JAVA_HOME
}

sluice_find_jdk
