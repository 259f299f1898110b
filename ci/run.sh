#!/usr/bin/env bash
# Runs one command of dataiku-iac in a CI job, and tells the job what came of it.
#
# The action for GitHub and the template for GitLab call it; other CI systems can, too.
# From the environment:
#   DATAIKU_IAC_COMMAND   drift, plan or verify
#   DATAIKU_IAC_OPTIONS   further options, separated by blanks
#   DATAIKU_IAC_REPORT    where the report goes: a file ending with .md, .json or .xml
# Exits as dataiku-iac does: 0 in sync, 2 something differs, 3 something could not be
# read, 1 an error, 64 wrong usage.
set -euo pipefail

command=${DATAIKU_IAC_COMMAND:-drift}
report=${DATAIKU_IAC_REPORT:-dataiku-iac.md}
read -ra options <<<"${DATAIKU_IAC_OPTIONS:-}"

case $command in
    drift | plan)
        case $report in
            *.md) format=markdown ;;
            *.json) format=json ;;
            *.xml) format=junit ;;
            *)
                echo "DATAIKU_IAC_REPORT is $report: end it with .md, .json or .xml" >&2
                exit 64
                ;;
        esac
        options+=(--format "$format" --output "$report")
        ;;
    verify) ;;
    *)
        echo "DATAIKU_IAC_COMMAND is $command: use drift, plan or verify" >&2
        exit 64
        ;;
esac

rm -f -- "$report" # What an earlier job left there is not the report of this one.
code=0
dataiku-iac "$command" ${options[@]+"${options[@]}"} || code=$?
if [ -n "${GITHUB_OUTPUT:-}" ]; then
    echo "exit-code=$code" >>"$GITHUB_OUTPUT"
    if [ -s "$report" ]; then
        echo "report=$report" >>"$GITHUB_OUTPUT"
    fi
fi
exit "$code"
