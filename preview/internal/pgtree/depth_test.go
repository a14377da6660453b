package pgtree

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/preview/internal/pgtree/pgtreetest"
)

// The child process of these tests: it parses one shape without the guard, for
// that may kill it.
const (
	childShape = "PGTREE_TEST_SHAPE"
	childLinks = "PGTREE_TEST_LINKS"
	childStack = "PGTREE_TEST_STACK"
)

func TestMain(m *testing.M) {
	if shape := os.Getenv(childShape); shape != "" {
		n, _ := strconv.Atoi(os.Getenv(childLinks))
		tree, err := Parse(pgtreetest.Shapes[shape](n))
		fmt.Println(len(tree), err)
		os.Exit(0)
	}
	if os.Getenv(childStack) != "" {
		depth, err := MaxDepth()
		fmt.Printf("stack=%d depth=%d err=%v\n", threadStack(), depth, err)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child runs this test binary again with the given thread stack.
func child(t testing.TB, stackKiB int, env ...string) (string, error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/bin/sh", "-c", `ulimit -s "$1" && exec "$2"`, "sh", strconv.Itoa(stackKiB), self)
	cmd.Env = append(os.Environ(), append(env, "GOTRACEBACK=none")...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func survives(t testing.TB, stackKiB int, shape string, n int) bool {
	t.Helper()
	_, err := child(t, stackKiB, childShape+"="+shape, childLinks+"="+strconv.Itoa(n))
	return err == nil
}

// textBytes is the size of the longest text that these tests take for one that is
// let through.
const textBytes = 256 << 10

// largestAllowed is the largest n that Screen lets through to the parser.
func largestAllowed(shape func(int) string, depth int) int {
	const top = 100_000
	return sort.Search(top, func(n int) bool {
		sql := shape(n + 1)
		return len(sql) > textBytes || excessOf(sql, depth) != nil
	})
}

// What the guard lets through, the parser survives on half the stack for which
// the guard allows it.
func TestParserSurvivesWhatIsAllowed(t *testing.T) {
	t.Parallel()
	for name, shape := range pgtreetest.Shapes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const stack = maxDepth * stackPerLink >> 10 // KiB
			if n := largestAllowed(shape, maxDepth); !survives(t, stack/2, name, n) {
				t.Errorf("%d links kill the parser on %d KiB", n, stack/2)
			}
		})
	}
}

// The table for people: at how many links each shape kills the parser on a given
// stack, and where the guard stops it there. It takes minutes: PGTREE_DEPTH_TABLE=1.
func TestDepthTable(t *testing.T) {
	if os.Getenv("PGTREE_DEPTH_TABLE") == "" {
		t.Skip("prints a table only; set PGTREE_DEPTH_TABLE=1")
	}
	names := slices.Sorted(maps.Keys(pgtreetest.Shapes))
	for _, kib := range []int{smallestStack >> 10, 2048} {
		depth, err := depthFor(kib << 10)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("a stack of %d KiB: at most %d links", kib, depth)
		t.Logf("%-12s %14s %14s %8s", "shape", "dies at links", "stopped at", "margin")
		for _, name := range names {
			stop := largestAllowed(pgtreetest.Shapes[name], depth)
			death, margin := "-", "-"
			if dies := firstDeath(t, kib, name); dies > 0 {
				death, margin = strconv.Itoa(dies), fmt.Sprintf("%.1f", float64(dies)/float64(stop))
			}
			t.Logf("%-12s %14s %14d %8s", name, death, stop, margin)
		}
	}
}

// firstDeath returns the links that kill the parser, or 0. Beyond some number the
// grammar itself gives up, so that more is not always worse.
func firstDeath(t *testing.T, stackKiB int, shape string) int {
	t.Helper()
	alive := 100
	for n := 200; n < 60_000; n = n * 5 / 4 {
		if survives(t, stackKiB, shape, n) {
			alive = n
			continue
		}
		return alive + sort.Search(n-alive, func(i int) bool { return !survives(t, stackKiB, shape, alive+i) })
	}
	return 0
}

// Whatever stands in the text, it is refused or parsed and walked.
func TestHostileDepthIsAnswered(t *testing.T) {
	t.Parallel()
	for name, shape := range pgtreetest.Shapes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, n := range []int{1_000, 10_000, 60_000} {
				sql := shape(n)
				if Screen(sql, maxDepth) != nil {
					continue
				}
				tree, err := ParseIndented(sql)
				if err != nil {
					continue
				}
				if o, err := Walk(tree, sql); err != nil || o.Statements != 1 {
					t.Errorf("%d links: %+v, %v", n, o, err)
				}
			}
		})
	}
}

func TestTooDeepIsAnExcess(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"plus", "cast", "not", "func", "scal", "from", "cte", "case", "union", "join", "parens"} {
		if x := Screen(pgtreetest.Shapes[name](5_000), maxDepth); x == nil || x.Limit != LimitDepth || x.Max != maxDepth || x.Found <= maxDepth {
			t.Errorf("%s: %+v, want LimitDepth", name, x)
		}
	}
}

// A thread stack that is too small is noticed, a smaller one lowers the bound.
func TestThreadStack(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		kib  int
		want string
	}{
		{8192, "stack=8388608 depth=4000 err=<nil>"},
		{256, "stack=262144 depth=512 err=<nil>"},
		{128, "depth=0 err=threads of this process have a stack of 128 KiB"},
	} {
		out, err := child(t, tc.kib, childStack+"=1")
		if err != nil || !strings.Contains(out, tc.want) {
			t.Errorf("%d KiB: %q (%v), want %q", tc.kib, out, err, tc.want)
		}
	}
	for _, tc := range []struct{ stack, depth int }{
		{8 << 20, maxDepth}, {2 << 20, maxDepth}, {1 << 20, 2048}, {256 << 10, 512}, {128 << 10, 0}, {0, 0},
	} {
		depth, err := depthFor(tc.stack)
		if depth != tc.depth || (err == nil) != (tc.depth > 0) {
			t.Errorf("a stack of %d gives %d, %v; want %d", tc.stack, depth, err, tc.depth)
		}
	}
}

// On the smallest stack that is accepted, too, the parser survives what is allowed.
func TestSmallStackSurvives(t *testing.T) {
	t.Parallel()
	depth, err := depthFor(smallestStack)
	if err != nil {
		t.Fatal(err)
	}
	for name, shape := range pgtreetest.Shapes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := largestAllowed(shape, depth)
			if n > shortText && len(shape(n)) <= shortText {
				n = shortText
			}
			if !survives(t, smallestStack>>10, name, n) {
				t.Errorf("%d links kill the parser on %d KiB", n, smallestStack>>10)
			}
		})
	}
}

// treeDepth counts the open brackets of the parser's JSON: its C code recurses
// in step with them.
func treeDepth(tree string) (deepest int) {
	c, depth := Cursor{js: tree}, 0
	for c.pos < len(tree) {
		switch tree[c.pos] {
		case '"':
			c.skipText()
			continue
		case '{', '[':
			depth++
			deepest = max(deepest, depth)
		case '}', ']':
			depth--
		}
		c.pos++
	}
	return deepest
}

// The deepest tree for one counted link is a subscript: five brackets. The rest
// is what every statement has.
const bracketsPerLink, bracketsFixed = 6, 40

func checkBound(t testing.TB, sql string) (parsed bool) {
	t.Helper()
	m := measure(sql, maxDepth)
	if m.depth > maxDepth || m.weight > maxWeight || m.rescan > maxRescan || m.global > maxGlobal {
		return false
	}
	tree, err := Parse(sql)
	if err != nil {
		return false
	}
	if d := treeDepth(tree); d > bracketsPerLink*m.depth+bracketsFixed {
		t.Fatalf("a tree of %d brackets was measured as %d links:\n%.2000s", d, m.depth, sql)
	}
	return true
}

// Wrappers of an expression; a random nest of them must never be deeper than it
// was measured.
var nests = [][2]string{
	{"(", ")"}, {"-", ""}, {"not ", ""}, {"", "::int"}, {"", " + 1"}, {"1 + ", ""}, {"f(", ")"}, {"f(1, ", ", 2)"},
	{"array[", "]"}, {"a[", "]"}, {"(a)[1:", "]"}, {"(select ", ")"}, {"exists (select ", ")"}, {"", " is null"},
	{"case when ", " then 1 end"}, {"case when 1 then ", " end"}, {"case ", " when 1 then 2 end"}, {"case when a then b else ", " end"},
	{"a between 1 and ", ""}, {"a between 1 and not ", ""}, {"", " between 1 and 2"}, {"a and ", ""}, {"", " and a"}, {"a or ", ""}, {"", " or a"},
	{"x.case + ", ""}, {"x.end + ", ""}, {"x.between and ", ""}, {"", " in (1, 2)"}, {"1 in (", ")"}, {"row(1, ", ")"}, {"(1, ", ")"},
	{"(select 1 as end, ", ")"}, {"(select 1 case, ", ")"}, {"(select 1 end union select ", ")"}, {"(select a, b, ", " union select c, d, e)"},
	{"(select 1 from a join b on ", " join c on true)"}, {"(with w as (select ", ") select 1)"}, {"coalesce(a, ", ")"}, {"json_object('a': ", ")"},
	{"json_value(a, '$' default ", " on empty)"}, {"xmlelement(name a, ", ")"}, {"f() over (order by ", ")"}, {"f() filter (where ", ")"},
	{"(select 1, ", ")"}, {"exists (select 1, ", ", 2)"}, {"array[1, ", ", 2]"}, {"(select 1 order by 1, ", ")"}, {"f(1) over (partition by 1, ", " order by 2)"},
	{"(values (1), (", "))"}, {"(select 1 from a, lateral (select 1, ", ") x, b)"}, {"(select 1 group by 1, grouping sets (1, ", "))"}, {"json_array(1, ", ")"},
	{"(with v as (select 1, 2), w as (select 3, ", ") select 1)"}, {"xmlforest(1 as a, ", " as b)"}, {"1 in (2, ", ")"}, {"greatest(1, ", ")"},
	{"(select 1 from rows from (f(1), g(2, ", ")) x)"}, {"(select 1 from xmltable('a' passing ", " columns a int, b int default 1) x)"},
	{"(select 1 from a tablesample f(1, ", ") repeatable (1))"}, {"a[1:2][", ":3]"}, {"(case when a and b then c when ", " or d then e else f and g end)"},
	{"", ` collate "C"`}, {"", " at time zone 'x'"}, {"a like ", ""}, {"(a is distinct from ", ")"}, {"interval '1' + ", ""}, {"/* ( */ ", " -- )\n"},
	{"'(' || ", ""}, {"E'\\'(' || ", ""}, {"$$($$ || ", ""}, {`")" + `, ""}, {"(", ").b.c"}, {"a = any (array[", "])"}, {"", "::a[]"},
}

func TestMeasureIsAnUpperBound(t *testing.T) {
	t.Parallel()
	for _, shape := range pgtreetest.Shapes {
		checkBound(t, shape(300))
	}
	rng := rand.New(rand.NewPCG(3, 4))
	parsed, loops := 0, 3_000
	for range loops {
		var head, tail []string
		kinds := 1 + rng.IntN(6)
		some := make([][2]string, kinds)
		for i := range some {
			some[i] = nests[rng.IntN(len(nests))]
		}
		for range rng.IntN(250) {
			nest := some[rng.IntN(kinds)]
			head, tail = append(head, nest[0]), append(tail, nest[1])
		}
		slices.Reverse(tail)
		if checkBound(t, "select "+strings.Join(head, "")+"1"+strings.Join(tail, "")) {
			parsed++
		}
	}
	if parsed < 1_000 {
		t.Errorf("only %d of the texts parsed: no test", parsed)
	}
}

func FuzzMeasure(f *testing.F) {
	for _, shape := range pgtreetest.Shapes {
		f.Add(shape(5))
	}
	f.Fuzz(func(t *testing.T, sql string) {
		if len(sql) < 8192 && strings.IndexByte(sql, 0) < 0 {
			checkBound(t, sql)
		}
	})
}
