package archtest

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const (
	repository = "../.."
	maxLines   = 500
)

func packages(t *testing.T) []Package {
	t.Helper()
	list, err := Packages(repository)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// trackedFiles returns the text files of the repository.
func trackedFiles(t *testing.T) map[string][]byte {
	t.Helper()
	out, err := exec.Command("git", "-C", repository, "ls-files", "-z").Output()
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string][]byte)
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		data, err := os.ReadFile(filepath.Join(repository, name))
		if os.IsNotExist(err) {
			continue // removed in the work tree and not committed yet
		}
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.ContainsRune(data, 0) {
			files[name] = data
		}
	}
	return files
}

func TestImportsFollowTheRooms(t *testing.T) {
	rules := Rules()
	for _, p := range packages(t) {
		if _, found := ruleFor(rules, p.Room()); !found {
			t.Errorf("%s has no rule: say in internal/archtest what it may import", p.Room())
			continue
		}
		for _, imported := range p.Imports {
			if wrong := Violation(rules, p, imported); wrong != "" {
				t.Error(wrong)
			}
		}
	}
}

func TestRulesForbidAndAllow(t *testing.T) {
	for _, c := range []struct {
		from, imports string
		allowed       bool
	}{
		{"sip", Module + "/media/rtp", true},
		{"sip", Module, true},
		{"sip", "github.com/emiago/sipgo", true},
		{"sip/sdp", Module + "/sip/digest", true},
		{"sip", Module + "/asr", false},
		{"sip", Module + "/sipx", false},
		{"media/rtp", Module + "/sip", false},
		{"dialog", Module + "/media", false},
		{"call", Module + "/sip", false},
		{"call/record", Module + "/dialog", false},
		{"cmd/hotline", Module + "/sip", true},
		{"cmd/hotline", Module + "/cmd/hotline/gateway", true},
		{"speech", Module + "/cmd/hotline/gateway", false},
		{"cmd/hotline", Module + "/cmd/hotline/gateway", true},
		{"call", Module + "/cmd/hotline/gateway", false},
		{"call", Module + "/internal/testkit", false},
		{"unheardof", Module, false},
		{".", "net/http", true},
		{".", "golang.org/x/text", false},
	} {
		p := Package{ImportPath: Module + "/" + c.from}
		if c.from == "." {
			p.ImportPath = Module
		}
		if wrong := Violation(Rules(), p, c.imports); (wrong == "") != c.allowed {
			t.Errorf("%s imports %s: allowed %v, want %v (%s)", c.from, c.imports, wrong == "", c.allowed, wrong)
		}
	}
}

func TestEveryPackageSaysWhatItDoes(t *testing.T) {
	for _, p := range packages(t) {
		if len(p.GoFiles)+len(p.CgoFiles) > 0 && p.Doc == "" {
			t.Errorf("%s has no package comment", p.Room())
		}
	}
}

func TestFilesStayReadable(t *testing.T) {
	for name, data := range trackedFiles(t) {
		if lines := bytes.Count(data, []byte("\n")); strings.HasSuffix(name, ".go") && lines > maxLines && !generated(data) {
			t.Errorf("%s has %d lines, at most %d: look for the second thing inside it", name, lines, maxLines)
		}
	}
}

func generated(data []byte) bool {
	return regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`).Match(data)
}

// trace is what tells of one machine. The pattern is looked for only in files that hold the literal,
// which is found a hundred times as fast.
type trace struct {
	literal []byte
	pattern *regexp.Regexp
}

func (f trace) find(data []byte) []byte {
	if !bytes.Contains(data, f.literal) {
		return nil
	}
	return f.pattern.Find(data)
}

// The words are put together here so that this file does not hold them.
func TestNothingBelongsToOneMachine(t *testing.T) {
	var traces []trace
	for _, host := range []string{"pypi", "files.pythonhosted", "registry.npmjs", "proxy.golang", "sum.golang", "repo1.maven", "static.crates"} {
		traces = append(traces, trace{[]byte(host + "."), regexp.MustCompile(host + `\.(org|com|io)\b`)})
	}
	for _, path := range []string{"work", "root", "home"} {
		path = "/" + path + "/"
		traces = append(traces, trace{[]byte(path), regexp.MustCompile(`(?m)(^|[\s"'=:(\x60])` + path + `[a-z]`)})
	}
	find := func(data []byte) []byte {
		for _, f := range traces {
			if found := f.find(data); found != nil {
				return found
			}
		}
		return nil
	}
	for name, data := range trackedFiles(t) {
		if found := find(data); found != nil {
			t.Errorf("%s holds %q", name, found)
		}
	}
	for _, example := range []string{"see https://" + "pypi" + ".org/x", `open("/` + `work/main")`, "cd /" + "root/x"} {
		if find([]byte(example)) == nil {
			t.Errorf("%q is not found", example)
		}
	}
}

// Work that runs before main and state that everybody may change hide what a package depends on.
func TestNoWorkBeforeMain(t *testing.T) {
	for _, p := range packages(t) {
		for _, name := range append(p.GoFiles, p.CgoFiles...) {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, declared := range file.Decls {
				if f, isFunc := declared.(*ast.FuncDecl); isFunc && f.Recv == nil && f.Name.Name == "init" {
					t.Errorf("%s/%s has an init function: let the caller construct what it needs", p.Room(), name)
				}
			}
			for _, imported := range file.Imports {
				if imported.Path.Value == `"log"` {
					t.Errorf("%s/%s imports log: take a *slog.Logger", p.Room(), name)
				}
			}
		}
	}
}
