package main

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/op-data/sqlpreview/sanitize/internal/chars/class"
)

// point collects what the database says of one code point.
type point struct {
	category      string
	combining     int
	decomposition []rune
	script        string
	extensions    []string // scripts that use a character of Common or Inherited
	ignorable     bool
	noncharacter  bool
	pictographic  bool
	cursive       bool // its Joining_Type is D, L or R
	indic         bool // it has an Indic_Positional_Category
	unspaced      bool // its Line_Break is SA
}

const maxRune = 0x10FFFF

func readPoints(ucd string) ([]point, error) {
	points := make([]point, maxRune+1)
	for r := range points {
		points[r].category = "Cn"
	}
	if err := readUnicodeData(filepath.Join(ucd, "UnicodeData.txt"), points); err != nil {
		return nil, err
	}
	each := func(file string, set func(p *point, value string)) error {
		return eachLine(filepath.Join(ucd, file), func(fields []string) error {
			first, last, err := span(fields[0])
			for r := first; err == nil && r <= last; r++ {
				set(&points[r], fields[1])
			}
			return err
		})
	}
	for _, property := range []struct {
		file string
		set  func(p *point, value string)
	}{
		{"DerivedCoreProperties.txt", func(p *point, v string) { p.ignorable = p.ignorable || v == "Default_Ignorable_Code_Point" }},
		{"PropList.txt", func(p *point, v string) { p.noncharacter = p.noncharacter || v == "Noncharacter_Code_Point" }},
		{"emoji/emoji-data.txt", func(p *point, v string) { p.pictographic = p.pictographic || v == "Extended_Pictographic" }},
		{"extracted/DerivedJoiningType.txt", func(p *point, v string) { p.cursive = v == "D" || v == "L" || v == "R" }},
		{"IndicPositionalCategory.txt", func(p *point, _ string) { p.indic = true }},
		{"LineBreak.txt", func(p *point, v string) { p.unspaced = v == "SA" }},
		{"Scripts.txt", func(p *point, v string) { p.script = v }},
		{"ScriptExtensions.txt", func(p *point, v string) { p.extensions = strings.Fields(v) }},
	} {
		if err := each(property.file, property.set); err != nil {
			return nil, err
		}
	}
	return points, nil
}

func readUnicodeData(path string, points []point) error {
	var rangeStart rune
	return eachLine(path, func(fields []string) error {
		first, _, err := span(fields[0])
		if err != nil {
			return err
		}
		last := first
		switch name := fields[1]; {
		case strings.HasSuffix(name, ", First>"):
			rangeStart = first
			return nil
		case strings.HasSuffix(name, ", Last>"):
			first = rangeStart
		}
		combining, err := strconv.Atoi(fields[3])
		if err != nil {
			return err
		}
		text := fields[5]
		if strings.HasPrefix(text, "<") { // a compatibility tag
			_, text, _ = strings.Cut(text, ">")
		}
		decomposition, err := codePoints(text)
		if err != nil {
			return fmt.Errorf("decomposition: %w", err)
		}
		for r := first; r <= last; r++ {
			points[r].category = fields[2]
			points[r].combining = combining
			points[r].decomposition = decomposition
		}
		return nil
	})
}

// decompose returns the full compatibility decomposition (NFKD before
// reordering). Hangul syllables decompose to starters and are left whole.
func decompose(points []point, r rune) []rune {
	if len(points[r].decomposition) == 0 {
		return []rune{r}
	}
	var all []rune
	for _, part := range points[r].decomposition {
		all = append(all, decompose(points, part)...)
	}
	return all
}

// joiningScripts returns the scripts whose spelling needs joiners or zero width
// spaces: those with letters that join, those of Brahmi's family, those written
// without spaces, and Hebrew.
func joiningScripts(points []point) map[string]bool {
	scripts := map[string]bool{"Hebrew": true}
	for _, p := range points {
		if p.script != "" && p.script != "Common" && p.script != "Inherited" && (p.cursive || p.indic || p.unspaced) {
			scripts[p.script] = true
		}
	}
	return scripts
}

// plainScripts are the short names of the scripts without joiners that share
// characters of Common or Inherited with others: such a character proves nothing.
var plainScripts = map[string]bool{
	"Latn": true, "Grek": true, "Cyrl": true, "Hani": true, "Hira": true, "Kana": true, "Hang": true, "Bopo": true,
	"Armn": true, "Geor": true, "Copt": true, "Ethi": true, "Goth": true, "Glag": true, "Tfng": true,
}

// usesJoiners reports whether the character belongs to a script of those, by its
// own script or, where it has none, by the scripts that it is used in.
func usesJoiners(p point, scripts map[string]bool) bool {
	if p.category[0] == 'C' {
		return false
	}
	if p.script != "Common" && p.script != "Inherited" {
		return scripts[p.script]
	}
	for _, extension := range p.extensions {
		if plainScripts[extension] {
			return false
		}
	}
	return len(p.extensions) > 0
}

// classOf is the policy: what the text pass does with the code point.
func classOf(points []point, scripts map[string]bool, r rune) class.Class {
	p := points[r]
	c := class.Class{
		Pictographic: p.pictographic,
		Virama:       p.combining == 9,
		Action:       actionOf(p, r),
	}
	if c.Action > class.Mark {
		return c
	}
	c.Joins = usesJoiners(p, scripts)
	c.Letter = p.category[0] == 'L' || p.category[0] == 'N'
	parts := decompose(points, r)
	trailing := 0
	for i := len(parts) - 1; i >= 0 && points[parts[i]].combining != 0; i-- {
		c.Marks += marksOf(points[parts[i]])
		trailing++
	}
	switch {
	case p.category[0] == 'M' || trailing == len(parts):
		c.Action = class.Mark
		if trailing == 0 {
			c.Marks = marksOf(p)
		}
	case trailing > 0:
		c.Action = class.Marked
	}
	return c
}

// marksOf counts one mark where its canonical combining class says that it
// stands (UAX #44, table 15; the fixed positions of single scripts by their
// letters). Marks of class 0 have no place that is known.
func marksOf(p point) class.Marks {
	if p.category == "Mc" && p.combining == 0 {
		return class.All
	}
	switch c := p.combining; {
	case c == 19, c == 23, c >= 24 && c <= 26, // Hebrew holam, rafe, shin and sin dot, varika
		c == 27, c == 28, c == 30, c == 31, c == 33, c == 34, c == 35, c == 36, // Arabic fathatan, dammatan, fatha, damma, shadda, sukun, superscript alef; Syriac
		c == 107, c == 122, c == 130, // Thai and Lao tones, Tibetan vowels
		c == 214, c == 216, c == 228, c == 230, c == 232, c == 234:
		return class.All + class.Above
	case c >= 10 && c <= 18, c == 20, c == 22, // Hebrew vowels, meteg
		c == 29, c == 32, // Arabic kasratan, kasra
		c == 84, c == 91, c == 103, c == 118, c == 129, c == 132, // Telugu length marks, Thai, Lao and Tibetan vowels below
		c == 202, c == 218, c == 220, c == 222, c == 233, c == 240:
		return class.All + class.Below
	default:
		return class.All + class.Elsewhere
	}
}

func actionOf(p point, r rune) class.Action {
	switch {
	case r == '\t' || r == '\n' || r == '\r':
		return class.Keep
	case p.category == "Cc", p.category == "Cs", p.category == "Zl", p.category == "Zp", p.noncharacter:
		return class.Control
	case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
		return class.Bidi
	case r == 0x200E, r == 0x200F, r == 0x061C:
		return class.DirectionMark
	case r == 0x200B:
		return class.WordSeparator
	case r == 0x200C:
		return class.NonJoiner
	case r == 0x200D:
		return class.Joiner
	case r == 0x034F:
		return class.MarkJoiner
	case r == 0x00AD, r == 0x2060:
		return class.Break
	case r == 0x180E:
		return class.VowelSeparator
	case r == 0x2800, r == 0x13441, r == 0x13442, r == 0x1D159:
		// The Braille pattern without dots, the blanks of Egyptian hieroglyphs and
		// the musical null notehead.
		return class.Blank
	case r >= 0xFE00 && r <= 0xFE0F, r >= 0xE0100 && r <= 0xE01EF, r >= 0x180B && r <= 0x180D, r == 0x180F:
		return class.Selector
	case r >= 0xE0020 && r <= 0xE007F:
		return class.Tag
	case p.ignorable, r >= 0xFFF9 && r <= 0xFFFB:
		// All that Unicode says to show as nothing, and the interlinear
		// annotation controls, which hide the text between them.
		return class.Invisible
	default:
		return class.Keep
	}
}
