package api

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/kb"
)

func newEntry(question string) object {
	return object{
		"category": "police.residence", "question": question, "answer_text": "请到派出所。", "answer_voice": "请到派出所。",
	}
}

func with(o object, more object) object {
	for k, v := range more {
		o[k] = v
	}
	return o
}

func TestAnEntryIsAddedChangedAndRemoved(t *testing.T) {
	r := start(t)
	key, all := r.key(ScopeKnowledge), Base+"/knowledge/entries"
	one := all + "/kb.test.new"
	a := r.want(201, "POST", all, key, with(newEntry("猫丢了找谁登记？"), object{"id": "kb.test.new"}))
	if a.header.Get("ETag") != `"1"` {
		t.Error(a.header)
	}
	r.want(409, "POST", all, key, with(newEntry("别的问题是什么？"), object{"id": "kb.test.new"}))
	r.want(422, "PUT", one, key, newEntry("狗丢了找谁登记？"))
	r.want(409, "PUT", one, key, newEntry("狗丢了找谁登记？"), `If-Match: "9"`)
	changed := r.want(200, "PUT", one, key, with(newEntry("狗丢了找谁登记？"), object{"status": "draft"}), `If-Match: "1"`)
	if changed.header.Get("ETag") != `"2"` {
		t.Error(changed.header)
	}
	r.want(404, "PUT", all+"/kb.nowhere", key, newEntry("狗丢了？"), `If-Match: "1"`)
	var e kb.Entry
	r.want(200, "GET", one, key, nil).into(t, &e)
	if e.Question != "狗丢了找谁登记？" || e.Status != kb.StatusDraft || e.Version != 2 {
		t.Errorf("%+v", e)
	}
	refused := r.want(409, "PUT", one, key, with(newEntry("狗丢了找谁登记？"), object{"category": "no.such"}), `If-Match: "2"`)
	if !strings.Contains(string(refused.body), "body.category") {
		t.Errorf("%s", refused.body)
	}
	r.want(409, "DELETE", one, key, nil, `If-Match: "1"`)
	r.want(204, "DELETE", one, key, nil, `If-Match: "2"`)
	r.want(404, "GET", one, key, nil)
	r.want(404, "DELETE", one, key, nil, `If-Match: "2"`)
}

func TestPagesOfEntriesHoldThemAllOnce(t *testing.T) {
	r := start(t)
	key, seen, after := r.key(ScopeKnowledge), map[string]bool{}, ""
	var page struct {
		Items []kb.Entry
		Next  string
		Total int
	}
	for {
		page.Next = ""
		r.want(200, "GET", Base+"/knowledge/entries?limit=40&after="+after, key, nil).into(t, &page)
		for _, e := range page.Items {
			if seen[e.ID] {
				t.Errorf("%s comes twice", e.ID)
			}
			seen[e.ID] = true
		}
		if after = page.Next; after == "" {
			break
		}
	}
	if len(seen) != page.Total || page.Total < 100 {
		t.Errorf("%d of %d", len(seen), page.Total)
	}
}

func TestWhatIsExportedIsImportedAsUnchanged(t *testing.T) {
	r := start(t)
	key := r.key(ScopeKnowledge)
	for _, format := range []string{"yaml", "csv", "xlsx"} {
		file := r.want(200, "GET", Base+"/knowledge/export?format="+format, key, nil)
		var report kb.Report
		r.want(200, "POST", Base+"/knowledge/import?format="+format, key, string(file.body), "Content-Type: application/octet-stream").into(t, &report)
		if len(report.Added)+len(report.Changed)+len(report.Refused) != 0 || len(report.Skipped) < 100 {
			t.Errorf("%s: %s %v", format, report.Summary(), report.Refused)
		}
	}
	const table = "编号,类别,标准问题,网页答案,语音答案\nkb.t.one,police.residence,鹦鹉飞走了怎么办？,到派出所。,到派出所。\nkb.t.two,nowhere,坏的？,x,x\n"
	for i, dry := range []string{"&dry_run=true", ""} {
		var report kb.Report
		r.want(200, "POST", Base+"/knowledge/import?format=csv"+dry, key, table, "Content-Type: application/octet-stream").into(t, &report)
		if len(report.Added) != 1 || len(report.Refused) != 1 {
			t.Errorf("%+v", report)
		}
		r.want([]int{404, 200}[i], "GET", Base+"/knowledge/entries/kb.t.one", key, nil)
	}
	r.want(422, "GET", Base+"/knowledge/export?format=doc", key, nil)
}

func TestAQuestionOfTheInboxBecomesADraft(t *testing.T) {
	r := start(t)
	key, inbox := r.key(ScopeKnowledge), Base+"/knowledge/inbox"
	for _, text := range []string{"路边的共享单车堆成山谁管", "无人机飞过我家阳台合法吗"} {
		if _, err := r.inbox.Add(text, hotline.ChannelChat, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	var list struct{ Items []kb.Cluster }
	r.want(200, "GET", inbox, key, nil).into(t, &list)
	if len(list.Items) != 2 {
		t.Fatalf("%+v", list)
	}
	r.want(409, "POST", inbox+"/1/promote", key, object{"category": "no.such"})
	var e kb.Entry
	r.want(200, "POST", inbox+"/1/promote", key, object{"category": "police.residence"}).into(t, &e)
	if e.Status != kb.StatusDraft || e.Question != "路边的共享单车堆成山谁管" {
		t.Errorf("%+v", e)
	}
	r.want(200, "GET", Base+"/knowledge/entries/"+e.ID, key, nil)
	r.want(409, "POST", inbox+"/1/promote", key, object{"category": "police.residence"})
	r.want(204, "POST", inbox+"/2/dismiss", key, nil)
	r.want(404, "POST", inbox+"/77/dismiss", key, nil)
	r.want(200, "GET", inbox, key, nil).into(t, &list)
	if len(list.Items) != 0 {
		t.Errorf("%+v", list)
	}
}

func TestTheDescriptionIsServedAndThePageNeedsNothingFromElsewhere(t *testing.T) {
	r := start(t)
	var description struct {
		OpenAPI string
		Paths   map[string]map[string]json.RawMessage
	}
	r.want(200, "GET", Base+"/openapi.json", "", nil).into(t, &description)
	if description.OpenAPI != "3.1.0" || len(description.Paths) < 20 {
		t.Errorf("%s with %d paths", description.OpenAPI, len(description.Paths))
	}
	for path := range description.Paths {
		if !strings.HasPrefix(path, Base) {
			t.Errorf("%s is described", path)
		}
	}
	if a := r.want(200, "GET", Base+"/openapi.yaml", "", nil); !strings.Contains(string(a.body), "openapi: 3.1.0") {
		t.Errorf("%.200s", a.body)
	}
	for _, path := range []string{"/api/docs", "/api/docs/page.css", "/api/docs/page.js"} {
		a := r.want(200, "GET", path, "", nil)
		if found := regexp.MustCompile(`https?://|//[a-z]+\.[a-z]`).Find(a.body); found != nil {
			t.Errorf("%s holds %s", path, found)
		}
		if !strings.Contains(a.header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %v", path, a.header)
		}
	}
}
