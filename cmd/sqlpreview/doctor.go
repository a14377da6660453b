package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/doctor"
	"github.com/op-data/sqlpreview/preview/server/wire"
)

// defaultMinGrade is the worst grade that doctor finds good enough.
const defaultMinGrade = doctor.GradeB

// doctorCommand grades a connection.
type doctorCommand struct {
	JSON     bool   `name:"json" help:"Print the report as JSON."`
	MinGrade string `name:"min-grade" placeholder:"GRADE" help:"The worst grade that is still good: A, B, C, D or F. Default: the setting min_grade, else B."`
	sourceFlags
	connectionFlag
	settingFlags
}

// Help says what the short lines cannot.
func (*doctorCommand) Help() string {
	return `Looks at what the role could do if everything in front of the database failed, and prints what to run.
Grades: A nothing to complain about; B a defence in depth is missing; C the role sees more than it should;
D it can change data or read secrets; F it can take the server over.
Exit code 0: the grade is --min-grade or better. 1: it is worse, or the database cannot be examined. 2: misuse.`
}

// Run examines and prints.
func (c *doctorCommand) Run(ctx context.Context, env *environment) error {
	config, err := c.load(env, append(c.sourceFlags.assignments(), assignment{key: "min_grade", text: c.MinGrade, flag: "--min-grade"})...)
	if err != nil {
		return config.misconfigured(err)
	}
	opened, err := config.openCore(ctx)
	if err != nil {
		return config.misconfigured(err)
	}
	defer opened.source.close()
	least := cmp.Or(opened.least, defaultMinGrade)
	connection, err := opened.connection(ctx, config, cmp.Or(c.Connection, preview.DefaultConnectionID))
	if err != nil {
		return err
	}
	report, err := doctor.Examine(ctx, connection)
	if err != nil {
		failure := wire.Failure(err)
		return fmt.Errorf("the database cannot be examined: %s: %s. %s", failure.Reason, failure.Message, failure.Hint)
	}
	if c.JSON {
		encoder := json.NewEncoder(env.stdout)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(report)
	} else {
		err = printReport(env.stdout, report)
	}
	if err == nil && !report.Grade.AtLeast(least) {
		err = errRefused
	}
	return err
}

// printReport prints a report for a person.
func printReport(w io.Writer, r *doctor.Report) error {
	var out strings.Builder
	s := r.Server
	fmt.Fprintf(&out, "grade %s   role %s on PostgreSQL %s, %s", r.Grade, r.Role, s.Version, s.Encoding)
	for _, trait := range []struct {
		has  bool
		text string
	}{{s.Standby, "a read replica"}, {s.Pooled, "behind a pooler"}, {s.Encrypted, "over TLS"}, {s.Local, "on this machine"}} {
		if trait.has {
			out.WriteString(", " + trait.text)
		}
	}
	fmt.Fprintf(&out, "\nconnecting took %s, a round trip %s\n", s.Connect.Round(10*time.Microsecond), s.Latency.Round(time.Microsecond))
	for _, f := range r.Findings {
		fmt.Fprintf(&out, "\n%-8s  %s  [%s]\n", f.Severity, f.Message, f.Check)
		if len(f.Names) > 0 {
			fmt.Fprintf(&out, "          %s", strings.Join(f.Names, ", "))
			if more := f.Count - len(f.Names); more > 0 {
				fmt.Fprintf(&out, " and %d more", more)
			}
			out.WriteString("\n")
		}
		for line := range strings.Lines(f.Remedy) {
			fmt.Fprintf(&out, "    > %s\n", strings.TrimSuffix(line, "\n"))
		}
	}
	if r.Grade != doctor.GradeA {
		out.WriteString("\nA role fit for previews of this database:\n\n")
		for line := range strings.Lines(r.LeastPrivilege) {
			out.WriteString("    " + line)
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}
