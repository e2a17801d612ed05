// Package archtest guards the shape of the repository in its tests: who may import whom, that every
// package says what it does, that files stay readable, and that nothing in them belongs to one
// machine only.
package archtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
)

// Module is the import path of the repository.
const Module = "github.com/hotline-cc/hotline"

// Package is what the go command tells about one package of the repository.
type Package struct {
	ImportPath string
	Doc        string
	Dir        string
	GoFiles    []string
	CgoFiles   []string
	Imports    []string // without those of the tests
}

// Room returns the path inside the repository, "." for its root.
func (p Package) Room() string { return room(p.ImportPath) }

func room(importPath string) string {
	if importPath == Module {
		return "."
	}
	return strings.TrimPrefix(importPath, Module+"/")
}

// Packages lists the packages under a folder of the repository.
func Packages(dir string) ([]Package, error) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Doc,Dir,GoFiles,CgoFiles,Imports", "./...")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return nil, fmt.Errorf("go list: %w: %s", err, exit.Stderr)
		}
		return nil, fmt.Errorf("go list: %w", err)
	}
	var list []Package
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p Package
		switch err := decoder.Decode(&p); {
		case err == io.EOF:
			return list, nil
		case err != nil:
			return nil, fmt.Errorf("read go list: %w", err)
		}
		list = append(list, p)
	}
}

// Rule says what a room, with all rooms inside it, may import of the repository besides itself and
// the root. "*" is everything.
type Rule struct {
	Room   string
	May    []string
	Reason string
}

// Rules returns the rules, by room. The longest room that fits a package counts.
func Rules() []Rule {
	const technology = "technologies do not know one another; call and cmd join them"
	return []Rule{
		{".", nil, "the vocabulary is the one thing everybody may import, so it imports the standard library only"},
		{"media", nil, "the frame path knows sound and nothing of signalling, speech or dialog"},
		{"sip", []string{"media", "internal/source"}, technology},
		{"webrtc", []string{"media", "internal/source"}, technology},
		{"asr", []string{"media", "internal/speechhttp", "internal/han"}, technology},
		{"tts", []string{"media", "internal/speechhttp"}, technology},
		{"speech", []string{"asr", "tts", "media"}, "the child serves engines and knows nothing of calls"},
		{"dialog", []string{"kb", "internal/han"}, "the engine is a pure function: channels and technologies stay outside"},
		{"kb", []string{"internal/han"}, "knowledge is looked up by everybody and looks at nobody"},
		{"call", []string{"media", "dialog", "asr", "tts", "desk"}, "a call joins legs, speech, dialog and people, and declares what it needs of the rest"},
		{"call/record", []string{"media"}, "the recorder takes samples from any leg"},
		{"chat", []string{"dialog", "desk"}, "a text conversation needs no sound"},
		{"account", nil, "who logs in is nobody else's matter, and how it is kept is not theirs"},
		{"desk", nil, "the desk hears of conversations through the event log"},
		{"desk/roster", []string{"desk", "account"}, "who works at the desk has an account; the desk itself knows of none"},
		{"desk/handoff", []string{"desk", "dialog"}, "what people do means something to the dialog; the desk itself knows of none"},
		{"ticket", nil, "work orders do not depend on the channel they came by"},
		{"store", []string{"media"}, "storage holds what others give it"},
		{"store/db", []string{"account", "chat", "desk", "kb", "dialog", "records"}, "the database implements what others want kept, and knows no channel's technology"},
		{"records", []string{"internal/han"}, "a record is worked out of events, whoever keeps them"},
		{"report", []string{"records"}, "numbers are worked out of records, wherever they come from"},
		{"cluster", nil, "nodes exchange the vocabulary only"},
		{"plugin", nil, "extensions see the vocabulary only"},
		{"metrics", nil, "metrics count what others tell them, in words of their own"},
		{"phone", []string{"media"}, "a softphone talks on any leg"},
		{"models", nil, "models are files; engines open them by path"},
		{"packs", []string{"dialog"}, "packs are data and the way to read them"},
		{"config", nil, "configuration is read before anything else exists"},
		{"api", []string{"account", "call", "chat", "desk", "ticket", "kb", "dialog", "store", "plugin", "records", "report", "internal/source"}, "the API decodes, calls a service and encodes"},
		{"web", nil, "the console is files; it talks through the API"},
		{"internal/archtest", nil, "the guard looks at source, not at code"},
		{"internal/han", nil, "text is folded in one way for all who compare it"},
		{"internal/source", nil, "whoever counts what comes from a network counts the same subscribers"},
		{"internal/speechhttp", nil, "the clients of speech engines share how an engine is reached, not what it is asked"},
		{"internal/testkit", []string{"*"}, "the test kit may use everything"},
		{"cmd", []string{"*"}, "the command wires everybody"},
	}
}

// Violation returns what is wrong with one import, or "".
func Violation(rules []Rule, from Package, imported string) string {
	rule, found := ruleFor(rules, from.Room())
	if !found {
		return fmt.Sprintf("%s has no rule: say in internal/archtest what it may import", from.Room())
	}
	if imported != Module && !strings.HasPrefix(imported, Module+"/") {
		if from.Room() == "." && strings.Contains(strings.Split(imported, "/")[0], ".") {
			return fmt.Sprintf(". imports %s: %s", imported, rule.Reason)
		}
		return ""
	}
	target := room(imported)
	switch {
	case within(target, "cmd") && !within(from.Room(), "cmd"), within(target, "internal/testkit"):
		return fmt.Sprintf("%s imports %s: nothing but tests may", from.Room(), target)
	case target == ".", within(target, rule.Room):
		return ""
	}
	for _, allowed := range rule.May {
		if allowed == "*" || within(target, allowed) {
			return ""
		}
	}
	return fmt.Sprintf("%s imports %s: %s", from.Room(), target, rule.Reason)
}

func ruleFor(rules []Rule, room string) (best Rule, found bool) {
	for _, r := range rules {
		fits := within(room, r.Room) || r.Room == "." && room == "."
		if fits && (!found || len(r.Room) > len(best.Room)) {
			best, found = r, true
		}
	}
	return best, found
}

// within tells whether a room is another one or lies inside it. Everything is not inside the root:
// the root is a room like any other.
func within(inner, outer string) bool {
	return inner == outer || strings.HasPrefix(inner, outer+"/")
}
