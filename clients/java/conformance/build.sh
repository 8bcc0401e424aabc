# Sourced by the scripts in this folder: builds the runner and sets $module and $classpath.
# Exits with 69 if a tool is missing.

need() {
	command -v "$1" >/dev/null || { echo "java: $1 is missing" >&2; exit 69; }
}

need java
need mvn
need javac
case $(javac -version 2>&1) in
"javac 1."* | "javac 9"* | "javac 1"[0-6]*)
	echo "java: JDK 17 or newer is needed, not $(javac -version 2>&1)" >&2
	exit 69
	;;
esac

module=$(cd "$(dirname "$0")" && pwd)
mvn -q -B -f "$module/.." -pl conformance -am -DskipTests process-classes >&2 || exit 1
classpath=$module/target/classes:$(cat "$module/target/classpath")
