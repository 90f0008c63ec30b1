#!/bin/sh
# Makes /etc/nginx/conf.d/NAME of each /etc/nginx/templates/NAME.template. Only variables that the environment has are
# put in: nginx's own, such as $uri, stay as they are.
set -eu

templates=${NGINX_ENVSUBST_TEMPLATE_DIR:-/etc/nginx/templates}
suffix=${NGINX_ENVSUBST_TEMPLATE_SUFFIX:-.template}
output=${NGINX_ENVSUBST_OUTPUT_DIR:-/etc/nginx/conf.d}
filter=${NGINX_ENVSUBST_FILTER:-}

say() {
  [ -n "${NGINX_ENTRYPOINT_QUIET_LOGS:-}" ] || echo "$0: $*"
}

[ -d "$templates" ] || exit 0
if [ ! -w "$output" ]; then
  say "error: there is $templates, but $output cannot be written"
  exit 0
fi

# "${HOST} ${PORT} …": which variables envsubst may touch. ENVIRON, because a value may have lines that look like names.
variables=$(awk -v filter="$filter" 'BEGIN { for (name in ENVIRON) if (name ~ filter) printf "${%s} ", name }')

find "$templates" -follow -type f -name "*$suffix" | while IFS= read -r template; do
  relative=${template#"$templates"/}
  made=$output/${relative%"$suffix"}
  mkdir -p "$(dirname "$made")"
  say "putting variables into $template gives $made"
  envsubst "$variables" < "$template" > "$made"
done
