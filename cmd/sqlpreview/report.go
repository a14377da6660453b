package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/op-data/sqlpreview/cmd/internal/screen"
	"github.com/op-data/sqlpreview/preview/doctor"
)

// reportPrinter prints doctor's report for a person.
type reportPrinter struct {
	colour    bool
	width     int // of the terminal, 0 for none
	dedicated bool
	out       strings.Builder
}

var colourOfSeverity = map[doctor.Severity]screen.Colour{
	doctor.Critical: screen.Alarm, doctor.Serious: screen.Red, doctor.Warning: screen.Orange, doctor.Advice: screen.Blue, doctor.Note: screen.Grey,
}

var colourOfGrade = map[doctor.Grade]screen.Colour{
	doctor.GradeA: screen.Teal, doctor.GradeB: screen.Blue, doctor.GradeC: screen.Orange, doctor.GradeD: screen.Red, doctor.GradeF: screen.Alarm,
}

// findingIndent is where the text of a finding begins.
const findingIndent = "          "

// print prints the report: what was examined, the role to create, the findings, a
// summary.
func (p *reportPrinter) print(w io.Writer, r *doctor.Report) error {
	p.server(r)
	if r.Grade != doctor.GradeA {
		p.role(r)
	}
	for _, f := range r.Findings {
		p.finding(f)
	}
	p.summary(r)
	_, err := io.WriteString(w, p.out.String())
	return err
}

func (p *reportPrinter) paint(colour screen.Colour, text string) string {
	return screen.Paint(p.colour, colour, text)
}

// line prints a line, wrapped at words; the lines that follow begin with indent.
func (p *reportPrinter) line(text, indent string) {
	p.out.WriteString(screen.Wrap(text, p.width, indent) + "\n")
}

func (p *reportPrinter) server(r *doctor.Report) {
	s := r.Server
	text := fmt.Sprintf("grade %s   role %s on PostgreSQL %s, %s", r.Grade, r.Role, s.Version, s.Encoding)
	for _, trait := range []struct {
		has  bool
		text string
	}{{s.Standby, "a read replica"}, {s.Pooled, "behind a pooler"}, {s.Encrypted, "over TLS"}, {s.Local, "on this machine"}} {
		if trait.has {
			text += ", " + trait.text
		}
	}
	grade := "grade " + string(r.Grade)
	p.out.WriteString(p.paint(colourOfGrade[r.Grade], grade) + strings.TrimPrefix(screen.Wrap(text, p.width, findingIndent), grade) + "\n")
	p.line(fmt.Sprintf("connecting took %s, a round trip %s", s.Connect.Round(10*time.Microsecond), s.Latency.Round(time.Microsecond)), "")
}

// role prints the statements that make a role for previews. They are not wrapped,
// so that they can be pasted.
func (p *reportPrinter) role(r *doctor.Report) {
	p.line("\nFirst, as an administrator, create a role for previews of this database. In psql:", "")
	p.out.WriteString("\n")
	for line := range strings.Lines(r.LeastPrivilege) {
		p.out.WriteString("    " + line)
	}
	p.out.WriteString("    \\password sqlpreview\n\n")
	p.line("Then let the connection string name it: user=sqlpreview.", "")
}

func (p *reportPrinter) finding(f doctor.Finding) {
	label := fmt.Sprintf("%-8s", f.Severity)
	text := screen.Wrap(fmt.Sprintf("%s  %s  [%s]", label, f.Message, f.Check), p.width, findingIndent)
	p.out.WriteString("\n" + p.paint(colourOfSeverity[f.Severity], label) + strings.TrimPrefix(text, label) + "\n")
	if len(f.Names) > 0 {
		names := strings.Join(f.Names, ", ")
		if more := f.Count - len(f.Names); more > 0 {
			names += fmt.Sprintf(" and %d more", more)
		}
		p.line(findingIndent+names, findingIndent)
	}
	if f.Advice != "" {
		p.line(findingIndent+"= "+f.Advice, findingIndent+"  ")
	}
	for line := range strings.Lines(f.Remedy) {
		p.out.WriteString(findingIndent + "> " + strings.TrimSuffix(line, "\n") + "\n")
	}
}

// summary says in one line how it stands.
func (p *reportPrinter) summary(r *doctor.Report) {
	counts := map[doctor.Severity]int{}
	for _, f := range r.Findings {
		counts[f.Severity]++
	}
	var parts []string
	for _, severity := range []doctor.Severity{doctor.Critical, doctor.Serious, doctor.Warning, doctor.Advice, doctor.Note} {
		if n := counts[severity]; n > 0 {
			what := strings.ToLower(string(severity))
			if n > 1 && (severity == doctor.Warning || severity == doctor.Note) {
				what += "s"
			}
			parts = append(parts, fmt.Sprintf("%d %s", n, what))
		}
	}
	found := "nothing to complain about"
	if len(parts) > 0 {
		found = strings.Join(parts, ", ")
	}
	text := fmt.Sprintf("grade %s: %s.", r.Grade, found)
	switch {
	case r.Grade == doctor.GradeA:
	case p.dedicated:
		text += " The lines behind > take rights from the role " + r.Role + " alone."
	default:
		text += " The role " + r.Role + " was not changed; for one that is used for nothing but previews, --dedicated also prints what to take from it."
	}
	p.line("\n"+text, "")
}
