package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/op-data/sqlpreview/preview/server/egress"
)

// verifyLogCommand proves the chain of an egress record.
type verifyLogCommand struct {
	Witness string `help:"A hash that was noted elsewhere (the egress field of a request's log line, with or without its number): the chain must still hold it."`
	Dir     string `arg:"" help:"The folder of the audit log."`
}

// Help says what the short lines cannot.
func (*verifyLogCommand) Help() string {
	return `Exit code 0: the chain holds. 1: it is broken, or does not hold the witness. 2: misuse.
A chain cannot prove its own end: who can write the files can cut the last lines off.
So give a witness, the newest hash in the log stream.`
}

// Run verifies.
func (c *verifyLogCommand) Run(ctx context.Context, env *environment) error {
	witness := c.Witness
	if i := strings.LastIndexByte(witness, ':'); i >= 0 {
		witness = witness[i+1:]
	}
	report, err := egress.Verify(ctx, c.Dir, witness)
	var fault *egress.Fault
	switch {
	case errors.As(err, &fault):
		return fmt.Errorf("the chain is broken: %s, line %d: %s", fault.File, fault.Line, fault.Problem)
	case err != nil:
		return err
	case report.Records == 0:
		return errors.New("the folder holds no record")
	}
	_, err = fmt.Fprintf(env.stdout, "the chain holds: %d records (%d requests) in %d files, numbers %d to %d\nhead %d:%s\n",
		report.Records, report.Previews, report.Segments, report.First, report.Head.Sequence, report.Head.Sequence, report.Head.Hash)
	for _, note := range notes(report) {
		if err == nil {
			_, err = fmt.Fprintln(env.stdout, note)
		}
	}
	if err == nil && witness != "" && !report.Witnessed {
		return errors.New("the chain does not hold the witness: lines were cut off, or the chain was written anew")
	}
	return err
}

// notes says what an operator should know of a chain that holds.
func notes(report egress.Report) (notes []string) {
	if report.First > 1 {
		notes = append(notes, fmt.Sprintf("note: the first %d records are not here (archived?)", report.First-1))
	}
	if report.Recovered > 0 {
		notes = append(notes, fmt.Sprintf("note: %d times a line was left unfinished by a crash or a full disk, and the record went on", report.Recovered))
	}
	if report.Unfinished {
		notes = append(notes, "note: the last line is unfinished; it is being written, or the sidecar crashed and has not been started since")
	}
	return notes
}
