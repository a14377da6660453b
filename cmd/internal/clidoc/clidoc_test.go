package clidoc

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// line is a command line with everything that a completion must get right.
type line struct {
	Run struct {
		Config string   `placeholder:"FILE" help:"A file: 'quoted' [bracketed] $(touch touched) \"too\". Another sentence."`
		Home   string   `placeholder:"DIR" help:"A folder."`
		Set    []string `placeholder:"KEY=VALUE" sep:"none" help:"A setting."`
		Mode   string   `enum:"fast,slow" default:"slow" help:"A choice."`
		Loud   bool     `short:"l" help:"No value."`
		Count  int      `help:"A number."`
		Secret bool     `hidden:"" help:"Hidden."`
		File   string   `arg:"" optional:"" name:"file" help:"What to run."`
	} `cmd:"" help:"Run it."`
	Group struct {
		Check struct {
			File string `arg:"" help:"A file."`
		} `cmd:"" help:"Check it."`
		List struct{} `cmd:"" help:"List all."`
	} `cmd:"" help:"More commands."`
	Check struct {
		Deep bool `help:"All."`
	} `cmd:"" help:"Another check."`
}

func program(t *testing.T) Command {
	t.Helper()
	app, err := kong.New(&line{}, kong.Name("my-tool"), kong.Description("A tool. It has more to say."))
	if err != nil {
		t.Fatal(err)
	}
	return Of(app.Model, map[string]Values{"KEY=VALUE": {Words: []string{"rows", "time"}, Suffix: "="}})
}

// A completion is a line up to the cursor, in which a space at the end begins a new
// word, and what must be offered, sorted.
type completion struct{ words, want string }

var completions = []completion{
	{"", "check group run"},
	{"r", "run"},
	{"group ", "check list"},
	{"group c", "check"},
	{"check --d", "--deep"},
	{"group check --d", ""},
	{"run --m", "--mode"},
	{"run --mode ", "fast slow"},
	{"run --mode=f", "fast"},
	{"run --set r", "rows="},
	{"run --count ", ""},
	{"run --sec", ""},
	{"run --lo", "--loud"},
	{"run --config da", "data.txt"},
	{"run --home ", "folder/"},
	{"run da", "data.txt"},
	{"run --loud da", "data.txt"},
	{"group check da", "data.txt"},
	{"group list da", ""},
}

// shell finds a shell. In CI, where the setup installs them, none may be missing.
func shell(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not installed", name)
		}
		t.Skipf("%s is not installed; install it to have its completion tried", name)
	}
	return path
}

// try has a shell complete each line in a folder with data.txt and folder/.
func try(t *testing.T, lines []completion, complete func(t *testing.T, dir, words string) []string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "data.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, test := range lines {
		got := complete(t, dir, test.words)
		slices.Sort(got)
		if text := strings.Join(got, " "); text != test.want {
			t.Errorf("%q: got %q, want %q", test.words, text, test.want)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "touched")); err == nil {
		t.Error("a help text was run")
	}
}

func output(t *testing.T, dir, name string, arguments ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, arguments...)
	command.Dir = dir
	home := t.TempDir()
	command.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_DATA_HOME="+home, "TERM=dumb", "LC_ALL=C")
	var errs strings.Builder
	command.Stderr = &errs
	out, err := command.Output()
	if err != nil || errs.Len() > 0 {
		t.Fatalf("%s: %v: %s", name, err, errs.String())
	}
	return string(out)
}

func TestBash(t *testing.T) {
	t.Parallel()
	bash, script := shell(t, "bash"), Bash(program(t))
	try(t, completions, func(t *testing.T, dir, words string) []string {
		// readline makes "=" a word of its own.
		split := strings.Split("my-tool "+strings.ReplaceAll(words, "=", " = "), " ")
		call := script + "\nCOMP_WORDS=("
		for _, word := range split {
			call += quoted(word) + " "
		}
		call += ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_my_tool\n" + `for word in "${COMPREPLY[@]}"; do [[ -d $word ]] && word+=/; echo "$word"; done`
		return ofFlags(names(output(t, dir, bash, "--norc", "-c", call)))
	})
}

func TestFish(t *testing.T) {
	t.Parallel()
	fish, script := shell(t, "fish"), Fish(program(t))
	try(t, completions, func(t *testing.T, dir, words string) []string {
		var found []string
		call := script + "\ncomplete -C " + fishQuoted("my-tool "+words)
		for _, name := range names(output(t, dir, fish, "--no-config", "-c", call)) {
			name, _, _ = strings.Cut(name, "\t")
			// A completion of --mode=f is the whole word.
			if _, value, ok := strings.Cut(name, "="); ok && value != "" {
				name = value
			}
			// fish offers folders on the way to files, too.
			if strings.HasSuffix(name, "/") && !strings.Contains(words, "--home") {
				continue
			}
			found = append(found, strings.TrimSuffix(name, "="))
		}
		if strings.Contains(words, "--set") {
			for i := range found {
				found[i] += "="
			}
		}
		return found
	})
}

// TestZsh drives a real line editor: _arguments works nowhere else.
func TestZsh(t *testing.T) {
	t.Parallel()
	zsh, script := shell(t, "zsh"), Zsh(program(t))
	file := filepath.Join(t.TempDir(), "_my-tool")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	// Each needs a shell of its own, so only one of a kind is tried.
	var lines []completion
	for _, test := range completions {
		switch test.words {
		case "", "group c", "run --m", "run --mode=f", "run --set r", "run --config da", "run --home ", "group check da":
			lines = append(lines, test)
		}
	}
	try(t, lines, func(t *testing.T, dir, words string) []string {
		const drive = `
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z 'PS1= PS2=; stty -echo; bindkey -e; autoload -Uz compinit; compinit -u -D; source '$2'
compadd() { [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]] && { builtin compadd "$@"; return } ; typeset -a __hits; builtin compadd -O __hits "$@"; local __s; zparseopts -E -a __x S:=__y q; for __s in $__hits; do print -r -- "<$__s>" >>'$3'; done; builtin compadd "$@" }
setopt no_list_beep; zle_done() { print -r -- done >>'$3'; BUFFER=; zle accept-line }; zle -N zle_done; bindkey "^X^D" zle_done; print ready'
zpty -r z line '*ready*'
zpty -w -n z "my-tool $1"$'\t\x18\x04'
for i in {1..300}; do grep -q done $3 2>/dev/null && break; sleep 0.05; done
zpty -d z
`
		hits := filepath.Join(t.TempDir(), "hits")
		output(t, dir, zsh, "-f", "-c", drive, "zsh", words, file, hits)
		text, err := os.ReadFile(hits)
		if err != nil || !strings.Contains(string(text), "done") {
			t.Fatalf("%q: zsh did not come to an end: %v %q", words, err, text)
		}
		var found []string
		for _, name := range names(string(text)) {
			if name == "done" {
				continue
			}
			name = strings.Trim(name, "<>")
			if info, err := os.Stat(filepath.Join(dir, name)); err == nil && info.IsDir() {
				if !strings.Contains(words, "--home") {
					continue
				}
				name += "/"
			}
			if strings.Contains(words, "--set") {
				name += "="
			}
			if !slices.Contains(found, name) {
				found = append(found, name)
			}
		}
		return found
	})
}

// ofFlags takes away the "=" behind flags that some shells write at once.
func ofFlags(found []string) []string {
	for i, name := range found {
		if strings.HasPrefix(name, "-") {
			found[i] = strings.TrimSuffix(name, "=")
		}
	}
	return found
}

func names(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == '\n' })
}

// TestManHasNoRequestOfATexts: what a help text begins with is no request to roff.
func TestManHasNoRequestOfATexts(t *testing.T) {
	page := Page{Name: "my-tool", Section: "1", Source: "my-tool v1", Manual: "Tools", Brief: `a "tool"`, Sections: []Section{
		{Title: "COMMANDS", Body: Commands(program(t))},
		{Title: "NOTES", Body: Paragraphs(".so /etc/passwd\n'br\nback\\slash\n\n  kept as it is\n  too\nand filled")},
	}}
	text := page.Roff()
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "'") {
			t.Errorf("a request: %q", line)
		}
		if request, ok := strings.CutPrefix(line, "."); ok {
			name, _, _ := strings.Cut(strings.TrimSpace(request), " ")
			if !slices.Contains([]string{"TH", "SH", "SS", "TP", "B", "PP", "nf", "fi"}, name) {
				t.Errorf("a request: %q", line)
			}
		}
	}
	for _, want := range []string{`back\eslash`, `\&.so /etc/passwd`, `\&'br`, ".nf\n  kept as it is\n  too\n.fi\n.PP\nand filled", `.SS "my\-tool group check FILE"`, `\-l, \-\-loud`} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(text, "hidden") {
		t.Error("the page has a hidden flag")
	}
}
