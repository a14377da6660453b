package main

import (
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/op-data/sqlpreview/sanitize/internal/chars/class"
)

// point collects what the database says of one code point.
type point struct {
	category      string
	combining     int
	decomposition []rune
	ignorable     bool
	noncharacter  bool
	pictographic  bool
	joining       class.Joining
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
	mark := func(file, property string, set func(*point)) error {
		return eachLine(filepath.Join(ucd, file), func(fields []string) error {
			if fields[1] != property {
				return nil
			}
			first, last, err := span(fields[0])
			for r := first; err == nil && r <= last; r++ {
				set(&points[r])
			}
			return err
		})
	}
	for _, property := range []struct {
		file, name string
		set        func(*point)
	}{
		{"DerivedCoreProperties.txt", "Default_Ignorable_Code_Point", func(p *point) { p.ignorable = true }},
		{"PropList.txt", "Noncharacter_Code_Point", func(p *point) { p.noncharacter = true }},
		{"emoji/emoji-data.txt", "Extended_Pictographic", func(p *point) { p.pictographic = true }},
		{"extracted/DerivedJoiningType.txt", "D", func(p *point) { p.joining = class.DualJoining }},
		{"extracted/DerivedJoiningType.txt", "R", func(p *point) { p.joining = class.RightJoining }},
		{"extracted/DerivedJoiningType.txt", "L", func(p *point) { p.joining = class.LeftJoining }},
		{"extracted/DerivedJoiningType.txt", "T", func(p *point) { p.joining = class.Transparent }},
	} {
		if err := mark(property.file, property.name, property.set); err != nil {
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
		case len(name) > 8 && name[len(name)-8:] == ", First>":
			rangeStart = first
			return nil
		case len(name) > 7 && name[len(name)-7:] == ", Last>":
			first = rangeStart
		}
		combining, err := strconv.Atoi(fields[3])
		if err != nil {
			return err
		}
		text := fields[5]
		if len(text) > 0 && text[0] == '<' { // a compatibility tag
			for len(text) > 0 && text[0] != '>' {
				text = text[1:]
			}
			text = text[1:]
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

// classOf is the policy: what the text pass does with the code point.
func classOf(points []point, r rune) class.Class {
	p := points[r]
	c := class.Class{
		Joining:      p.joining,
		Pictographic: p.pictographic,
		Virama:       p.combining == 9,
		Action:       actionOf(p, r),
	}
	parts := decompose(points, r)
	trailing := 0
	for i := len(parts) - 1; i >= 0 && points[parts[i]].combining != 0; i-- {
		trailing++
	}
	c.Marks = uint8(trailing)
	switch {
	case c.Action != class.Keep:
	case p.category[0] == 'M' || trailing == len(parts):
		c.Action = class.Mark
		c.Marks = max(c.Marks, 1)
	case trailing > 0:
		c.Action = class.Marked
	}
	return c
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
	case r == 0x180E:
		return class.VowelSeparator
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
