package api

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline/store/db"
)

func TestAFlowIsCheckedBeforeItIsPublished(t *testing.T) {
	r := start(t)
	key, all := r.key(ScopeFlows), Base+"/flows"
	r.want(201, "POST", all, key, object{"id": "main", "body": "start: a"})
	r.want(409, "POST", all, key, object{"id": "main", "body": "start: b"})
	var d Document
	r.want(200, "PUT", all+"/main", key, object{"body": "start:\n\tb"}, `If-Match: "1"`).into(t, &d)
	if len(d.Problems) != 1 || d.Problems[0].Line != 2 || d.Version != 2 || d.Author != "测试" {
		t.Errorf("%+v", d)
	}
	for version, want := range map[int]string{1: "checked", 2: "draft"} {
		var d Document
		r.want(200, "POST", all+"/main/check", key, object{"version": version}).into(t, &d)
		if string(d.Status) != want || len(d.Problems) != version-1 {
			t.Errorf("version %d: %+v", version, d)
		}
	}
	r.want(200, "POST", all+"/main/publish", key, object{"version": 1})
	refused := r.want(409, "POST", all+"/main/publish", key, object{"version": 2})
	if !strings.Contains(string(refused.body), `"location":"main line 2"`) {
		t.Errorf("%s", refused.body)
	}
	r.want(404, "POST", all+"/main/publish", key, object{"version": 3})
	r.want(409, "PUT", all+"/main", key, object{"body": "c"}, `If-Match: "1"`)
	r.want(404, "PUT", all+"/other", key, object{"body": "c"}, `If-Match: "1"`)
	var versions struct{ Items []Document }
	r.want(200, "GET", all+"/main/versions", key, nil).into(t, &versions)
	var got []string
	for _, v := range versions.Items {
		got = append(got, string(v.Status))
	}
	if diff := cmp.Diff([]string{"draft", "published"}, got); diff != "" {
		t.Error(diff)
	}
	r.want(200, "GET", all+"/main?version=1", key, nil).into(t, &d)
	if d.Body != "start: a" || d.Status != "published" {
		t.Errorf("%+v", d)
	}
	r.want(404, "GET", all+"/other/versions", key, nil)
	r.want(422, "POST", all, key, object{"id": "Big Name", "body": ""})
	r.want(409, "DELETE", all+"/main", key, nil, `If-Match: "2"`)
	r.want(200, "POST", all+"/main/withdraw", key, nil)
	r.want(409, "POST", all+"/main/withdraw", key, nil)
	r.want(204, "DELETE", all+"/main", key, nil, `If-Match: "2"`)
	for _, path := range []string{"/main", "/other/audit", "/main/diff?from=1"} {
		r.want(404, "GET", all+path, key, nil)
	}
	for _, action := range []string{"/check", "/publish"} {
		r.want(404, "POST", all+"/main"+action, key, object{"version": 1})
	}
	if steps := audited(r, key, "main"); len(steps) != 6 || steps[5] != "2 dropped 测试" {
		t.Error(steps)
	}
}

func audited(r *rig, key, id string) (steps []string) {
	r.t.Helper()
	var out struct{ Items []DocumentAudit }
	r.want(200, "GET", Base+"/flows/"+id+"/audit", key, nil).into(r.t, &out)
	for _, a := range out.Items {
		steps = append(steps, strings.TrimSpace(fmt.Sprintf("%d %s %s %s", a.Version, a.Action, a.By, a.Note)))
		if a.At.IsZero() {
			r.t.Errorf("%+v", a)
		}
	}
	return steps
}

// user is who puts documents to use: what is published is used unless it says bad.
type user struct {
	mu    sync.Mutex
	store *db.DB
	now   string
}

func (u *user) published(ctx context.Context, _ db.Document) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	list, err := u.store.Published(ctx, "flows")
	text := ""
	for _, d := range list {
		text += d.Body
	}
	if strings.Contains(text, "bad") {
		return errors.New("节点 a：不认识")
	}
	u.now = text
	return err
}

func TestWhatCannotBePutToUseLeavesTheVersionInUse(t *testing.T) {
	u := &user{}
	r := start(t, func(c *Config) {
		u.store = c.Store
		c.Kinds = []Kind{{Name: "flows", Title: "流程", Scope: ScopeFlows, Published: u.published}}
	})
	key, one := r.key(ScopeFlows), Base+"/flows/main"
	uses := func(want string) {
		t.Helper()
		if u.now != want {
			t.Errorf("%q is in use, want %q", u.now, want)
		}
	}
	r.want(201, "POST", Base+"/flows", key, object{"id": "main", "body": "bad"})
	refused := r.want(409, "POST", one+"/publish", key, object{"version": 1})
	if !strings.Contains(string(refused.body), "节点 a：不认识") {
		t.Errorf("%s", refused.body)
	}
	uses("")
	r.want(409, "POST", one+"/withdraw", key, nil)
	r.want(200, "PUT", one, key, object{"body": "good"}, `If-Match: "1"`)
	r.want(200, "POST", one+"/publish", key, object{"version": 2})
	uses("good")
	r.want(409, "POST", one+"/publish", key, object{"version": 1})
	uses("good")
	var d Document
	r.want(200, "GET", one, key, nil).into(t, &d)
	if d.Status != db.DocumentPublished || d.Version != 2 {
		t.Errorf("%+v", d)
	}
	r.want(200, "PUT", one, key, object{"body": "better"}, `If-Match: "2"`)
	r.want(200, "POST", one+"/publish", key, object{"version": 3})
	uses("better")
	r.want(200, "POST", one+"/publish", key, object{"version": 2})
	uses("good")
	r.want(200, "POST", one+"/withdraw", key, nil)
	uses("")
	want := []string{
		"1 saved 测试", "1 published 测试", "1 withdrawn 测试 published 1: 节点 a：不认识", "2 saved 测试", "2 published 测试",
		"1 rolled_back 测试", "2 published 测试 published 1: 节点 a：不认识", "3 saved 测试", "3 published 测试", "2 rolled_back 测试", "2 withdrawn 测试",
	}
	if diff := cmp.Diff(want, audited(r, key, "main")); diff != "" {
		t.Error(diff)
	}
}

func TestTwoVersionsAreComparedByLine(t *testing.T) {
	r := start(t)
	key, one := r.key(ScopeFlows), Base+"/flows/main"
	r.want(201, "POST", Base+"/flows", key, object{"id": "main", "body": "a\nb\nc\nd\ne\nf\ng\nh\n"})
	r.want(200, "PUT", one, key, object{"body": "a\nb\nc\nd\nE\nf\ng\nh\ni\n"}, `If-Match: "1"`)
	var got Diff
	r.want(200, "GET", one+"/diff?from=1", key, nil).into(t, &got)
	want := Diff{From: 1, To: 2, Added: 2, Removed: 1, Lines: []DiffLine{
		{same, 2, 2, "b"}, {same, 3, 3, "c"}, {same, 4, 4, "d"}, {removed, 5, 0, "e"}, {added, 0, 5, "E"},
		{same, 6, 6, "f"}, {same, 7, 7, "g"}, {same, 8, 8, "h"}, {added, 0, 9, "i"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	r.want(404, "GET", one+"/diff?from=1&to=3", key, nil)
	r.want(422, "GET", one+"/diff?to=1", key, nil)
}

// commonLines is the length of the longest common subsequence, by the book.
func commonLines(a, b []string) int {
	row := make([]int, len(b)+1)
	for _, x := range a {
		before := 0
		for j, y := range b {
			above := row[j+1]
			if x == y {
				row[j+1] = before + 1
			} else {
				row[j+1] = max(row[j+1], row[j])
			}
			before = above
		}
	}
	return row[len(b)]
}

func FuzzDiffIsShortestAndHoldsBothTexts(f *testing.F) {
	f.Add("a\nb\nc", "b\nc\nd")
	f.Add("", "\n\n")
	f.Add("x\ny\nx\ny", "y\nx\ny\nx\nx")
	f.Add("a\nb\nc\na\nb\nb\na", "c\nb\na\nb\na\nc")
	f.Fuzz(func(t *testing.T, before, after string) {
		a, b := textLines(before), textLines(after)
		if len(a)*len(b) > 1e6 {
			t.Skip()
		}
		var was, is []string
		common := 0
		for _, line := range diffLines(a, b) {
			if line.Op != added {
				was = append(was, line.Text)
			}
			if line.Op != removed {
				is = append(is, line.Text)
			}
			if line.Op == same {
				common++
			}
		}
		if !cmp.Equal(a, was) || !cmp.Equal(b, is) {
			t.Fatalf("%q %q: %q %q", a, b, was, is)
		}
		if best := commonLines(a, b); len(a)+len(b)-2*best <= diffMost && common != best {
			t.Errorf("%q %q: %d lines are the same, could be %d", a, b, common, best)
		}
	})
}

func TestVeryDifferentTextsAreToldApartAsAWhole(t *testing.T) {
	a, b := strings.Repeat("a\n", 20000), strings.Repeat("b\n", 20000)
	d := diffOf(db.Document{Body: "x\n" + a + "y"}, db.Document{Body: "x\n" + b + "y"})
	if d.Added != 20000 || d.Removed != 20000 || len(d.Lines) != 40002 {
		t.Error(d.Added, d.Removed, len(d.Lines))
	}
}
