"""`just prove-on-aws`: what it would do, and with `--yes` doing it."""

import argparse
import secrets
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

import lambdakit
from lambdakit.errors import UserError
from proofs.account import PREFIX, Account
from proofs.finding import Finding
from proofs.interruption import Interrupted, listen_to_signals
from proofs.ledger import Ledger
from proofs.marks import update_pages
from proofs.package import build_package
from proofs.record import write_result
from proofs.rows import ROWS
from proofs.sweep import note_leftovers

_PROJECT = Path(__file__).parents[1]
_BUILD = _PROJECT / "build" / "proofs"
_RESULTS = _PROJECT / "docs" / "results"
_REFUSED, _INTERRUPTED = 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code."""
    options = _read(arguments)
    try:
        session: Any = boto3.session.Session(profile_name=options.profile, region_name=options.region)
        identity = session.client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        say(f"prove-on-aws: no AWS account is reached: {error}. Fix: set AWS_PROFILE and AWS_REGION, or sign in")
        return _REFUSED
    _describe(identity, session.region_name, options)
    if not options.yes:
        say("Nothing was made. Add --yes to do this.")
        return _REFUSED
    return _sweep(session) if options.sweep else _prove(session, options)


def say(line: str) -> None:
    """Tell the reader what happens."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _read(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="prove-on-aws", description=__doc__)
    parser.add_argument("--yes", action="store_true", help="do it; without it nothing is made or deleted")
    parser.add_argument("--row", action="append", choices=list(ROWS), help="prove this alone; may be repeated")
    parser.add_argument("--sweep", action="store_true", help="delete what a killed run left behind, and prove nothing")
    parser.add_argument("--profile", help="the profile of the AWS configuration")
    parser.add_argument("--region", help="the AWS region")
    parser.add_argument("--package", type=Path, help="deploy this zip instead of building one")
    parser.add_argument("--patience", type=float, default=90.0, help="seconds until a new address has to answer")
    parser.add_argument("--results", type=Path, default=_RESULTS, help="the folder of the result")
    return parser.parse_args(arguments)


def _describe(identity: Any, region: str, options: argparse.Namespace) -> None:
    say(f"account {identity['Account']}, region {region}, as {identity['Arn']}")
    if options.sweep:
        say(f"deletes every role, function, log group and capacity provider whose name begins with {PREFIX}")
        return
    say(f"makes, all of it named {PREFIX}…, and deletes it again:")
    say("  one role for the functions, and the functions' log groups")
    for name in _names(options):
        say(f"  {name}: {ROWS[name].makes}; {ROWS[name].cost}")


def _names(options: argparse.Namespace) -> list[str]:
    return options.row or list(ROWS)


def _prove(session: Any, options: argparse.Namespace) -> int:
    try:
        package = _find_package(options)
        findings, left = _prove_all(session, package, options)
    except Interrupted as interruption:
        say(f"prove-on-aws: interrupted by {interruption}; no result is written")
        return _INTERRUPTED
    except UserError as error:
        say(f"prove-on-aws: {error}")
        return _REFUSED
    now = datetime.now(UTC)
    path = write_result(options.results, findings, region=session.region_name, version=lambdakit.__version__, when=now)
    if options.results == _RESULTS:
        update_pages(_PROJECT)
    say(f"result: {path}")
    return int(bool(left) or not all(finding.passed for finding in findings.values()))


def _find_package(options: argparse.Namespace) -> Path:
    package: Path | None = options.package
    if package is None:
        say("building the package")
        return build_package(_BUILD)
    if not package.is_file():
        raise UserError(f"there is no file {package}", where="--package", fix="leave it out, and a zip is built")
    return package


def _prove_all(session: Any, package: Path, options: argparse.Namespace) -> tuple[dict[str, Finding], list[str]]:
    ledger, left = Ledger(say), list[str]()
    with listen_to_signals(say) as signals:
        try:
            try:
                run = secrets.token_hex(3)
                account = Account(session, run, ledger, package, say=say, patience=options.patience)
                findings = {name: _try(name, account) for name in _names(options)}
            finally:
                signals.hold()
        finally:
            # On its own: a signal may come between the end of the proofs and the hold.
            left = _clear(ledger)
    return findings, left


def _try(name: str, account: Account) -> Finding:
    say(f"{name}: {ROWS[name].title}")
    try:
        finding = ROWS[name].prove(account)
    except (BotoCoreError, ClientError, OSError, RuntimeError, ValueError, KeyError) as error:
        finding = Finding(passed=False, problem=f"{type(error).__name__}: {error}")
    say(f"{name}: {'passed' if finding.passed else f'failed: {finding.problem}'}")
    return finding


def _sweep(session: Any) -> int:
    ledger = Ledger(say)
    note_leftovers(session, ledger)
    return int(bool(_clear(ledger)))


def _clear(ledger: Ledger) -> list[str]:
    left = ledger.clear()
    if left:
        say(f"prove-on-aws: left in the account: {', '.join(left)}. Fix: run it again with --sweep --yes")
    return left


if __name__ == "__main__":
    sys.exit(main())
