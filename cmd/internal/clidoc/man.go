package clidoc

import (
	"fmt"
	"strings"
)

// Page is a manual page.
type Page struct {
	// Name and Section are of the page, Source the program and its version, Manual
	// the title of the manual.
	Name, Section, Source, Manual string
	// Brief says in a few words what it is about.
	Brief    string
	Sections []Section
}

// Section is one section of a page; its Body is roff, as Paragraphs, Item and
// CommandSections write it.
type Section struct{ Title, Body string }

// Roff returns the page in the language of man(7).
func (p Page) Roff() string {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH %s %s \"\" %s %s\n", roffQuoted(strings.ToUpper(p.Name)), p.Section, roffQuoted(p.Source), roffQuoted(p.Manual))
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roffText(p.Name), roffText(p.Brief))
	for _, section := range p.Sections {
		fmt.Fprintf(&b, ".SH %s\n%s", roffQuoted(section.Title), section.Body)
	}
	return b.String()
}

// Paragraphs writes a text: lines that begin with two spaces stay as they are, an
// empty line parts paragraphs.
func Paragraphs(text string) string {
	var b strings.Builder
	kept := false
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if keep := strings.HasPrefix(line, "  "); keep != kept {
			b.WriteString(map[bool]string{true: ".PP\n.nf\n", false: ".fi\n.PP\n"}[keep])
			kept = keep
		}
		if line == "" {
			b.WriteString(".PP\n")
			continue
		}
		b.WriteString(roffText(line) + "\n")
	}
	if kept {
		b.WriteString(".fi\n")
	}
	return b.String()
}

// Item writes a term and what it means.
func Item(term, meaning string) string {
	return ".TP\n.B " + roffText(term) + "\n" + roffText(meaning) + "\n"
}

// Commands writes a subsection for each command below program.
func Commands(program Command) string {
	var b strings.Builder
	for _, at := range program.places()[1:] {
		if len(at.Commands) > 0 {
			continue
		}
		usage := program.Name + " " + at.path
		for _, argument := range at.Arguments {
			name := strings.ToUpper(argument.Name)
			if argument.Optional {
				name = "[" + name + "]"
			}
			usage += " " + name
		}
		fmt.Fprintf(&b, ".SS %s\n%s", roffQuoted(usage), Paragraphs(at.Help))
		if at.Detail != "" {
			b.WriteString(".PP\n" + Paragraphs(at.Detail))
		}
		for _, argument := range at.Arguments {
			b.WriteString(Item(strings.ToUpper(argument.Name), argument.Help))
		}
		b.WriteString(flags(at.Flags[min(len(program.Flags), len(at.Flags)):]))
	}
	return b.String()
}

// Flags writes the flags of a program that all its commands have.
func Flags(program Command) string { return flags(program.Flags) }

func flags(list []Flag) string {
	var b strings.Builder
	for _, flag := range list {
		term := "--" + flag.Name
		if flag.Placeholder != "" {
			term += "=" + flag.Placeholder
		}
		if flag.Short != 0 {
			term = fmt.Sprintf("-%c, %s", flag.Short, term)
		}
		b.WriteString(Item(term, flag.Help))
	}
	return b.String()
}

// roffText writes a text so that nothing in it is a request or an escape.
func roffText(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		text = `\&` + text
	}
	return text
}

func roffQuoted(text string) string {
	return `"` + strings.ReplaceAll(roffText(text), `"`, `\(dq`) + `"`
}
