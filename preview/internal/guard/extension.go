package guard

import (
	"embed"
	"io/fs"
	"path"
	"strings"
)

// extensionFiles hold what is known of extensions, one file each; extensions/README
// says how they are written.
//
//go:embed extensions/*.txt
var extensionFiles embed.FS

// extension is what a file says of an extension. One that has been looked through is
// vetted: its functions in C that take a text do not run it as SQL, and its aggregates
// have no effect, but for what is denied. A function whose body has dynamic SQL must be
// allowed by name. Of one that is not vetted only what is denied is known.
type extension struct {
	vetted          bool
	allowed, denied patterns
}

// readExtensions panics on a fault in the embedded files.
func (lib *library) readExtensions(files fs.FS) {
	names, err := fs.Glob(files, "extensions/*.txt")
	if err != nil {
		panic(err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			panic(err)
		}
		lib.extensions[strings.TrimSuffix(path.Base(name), ".txt")] = lib.readExtension(name, string(text))
	}
}

func (lib *library) readExtension(file, text string) *extension {
	ext := &extension{}
	var version, unvetted bool
	for line := range strings.Lines(text) {
		head, hint, _ := strings.Cut(strings.TrimSpace(line), " | ")
		words := strings.Fields(head)
		switch {
		case len(words) == 0 || words[0][0] == '#':
		case words[0] == "version" && len(words) > 1:
			version = true
		case words[0] == "how" && len(words) > 1:
			ext.vetted = true
		case words[0] == "unvetted" && len(words) > 1:
			unvetted = true
		case words[0] == "allow" && len(words) > 1:
			for _, name := range words[1:] {
				ext.allowed.add(name, verdict{class: classAllowed})
			}
		case words[0] == "deny" && len(words) > 2 && hint != "":
			for _, name := range words[2:] {
				ext.denied.add(name, verdict{class: classDenied, family: words[1], hint: hint, oneArgument: true})
			}
		default:
			panic(file + ": cannot read " + line)
		}
	}
	if !version || ext.vetted == unvetted {
		panic(file + ": it must say the version, and either how it was looked through or why it is unvetted")
	}
	return ext
}

// vetted reports whether an extension has been looked through.
func (lib *library) vetted(name string) bool {
	ext := lib.extensions[name]
	return ext != nil && ext.vetted
}

// ofExtension is what is known of a function of an extension.
func (lib *library) ofExtension(extension, name string) verdict {
	ext := lib.extensions[extension]
	if ext == nil {
		return verdict{}
	}
	if v, ok := ext.denied.find(name); ok {
		return v
	}
	v, _ := ext.allowed.find(name)
	return v
}
