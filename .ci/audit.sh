# Whether a pinned package has a known vulnerability. Sourced by test, with whose functions it works.

# audit_alone OPTION ...: the strict way, which needs nothing of the tests but their Python packages.
audit_alone() {
  make_environment
  install_python_packages requirements-test.txt
  attend .venv/bin/python -m tests.dependencies --strict "$@"
}

# end_audit TITLE: waits for the run in the background with the name "audit". A question that could not be asked has a word
# of its own. It does not fail the run, since the tests must pass without the internet, and it is not called ok either.
end_audit() {
  local word=FAILED status seconds
  wait_for audit
  case $status in
    0) word=ok ;;
    3) word="not checked" status=0 ;;
  esac
  printf '%s ... %s\n' "$1" "$word"
  cat "$scratch/audit.printed"
  [ "$status" -eq 0 ] || uncounted=$((uncounted + 1))
  record "$1: $(tail -n 1 "$scratch/audit.printed")" "$status" "$seconds" "$word"
}
