package db

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
)

// failing is the error of something that also returns a number.
func failing(_ int, err error) error { return err }

func TestADocumentGoesFromDraftToPublishedAndBack(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d := open(t)
		put := func(id, body string, was int) error {
			_, err := d.PutDocument(t.Context(), Document{Kind: "flow", ID: id, Body: body, Author: "a"}, was)
			return err
		}
		main := func(version int) Version { return Version{"flow", "main", version} }
		publish := func(version int, by, note string) error {
			return failing(d.PublishDocument(t.Context(), main(version), by, note))
		}
		drop := func(version int) error { return d.DropDocument(t.Context(), "flow", "main", version, "e") }
		withdraw := func() error { return failing(d.WithdrawDocument(t.Context(), "flow", "main", "e", "")) }
		for _, step := range []struct {
			what string
			do   func() error
			code hotline.Code
		}{
			{"first draft", func() error { return put("main", "one", 0) }, ""},
			{"a first draft again", func() error { return put("main", "x", 0) }, hotline.CodeConflict},
			{"second draft", func() error { return put("main", "two", 1) }, ""},
			{"a change that rests on an old version", func() error { return put("main", "x", 1) }, hotline.CodeConflict},
			{"another one", func() error { return put("other", "o", 0) }, ""},
			{"check", func() error { return d.CheckedDocument(t.Context(), main(2), "b") }, ""},
			{"publish", func() error { return publish(2, "c", "") }, ""},
			{"roll back", func() error { return publish(1, "d", "wrong fee") }, ""},
			{"check what is published", func() error { return d.CheckedDocument(t.Context(), main(1), "b") }, ""},
			{"publish what is not there", func() error { return publish(9, "x", "") }, hotline.CodeNotFound},
			{"drop an old version", func() error { return drop(1) }, hotline.CodeConflict},
			{"drop what is published", func() error { return drop(2) }, hotline.CodeConflict},
		} {
			if err := step.do(); hotline.CodeOf(err) != step.code {
				t.Fatalf("%s: %v, want %q", step.what, err, step.code)
			}
		}
		show := func(list []Document, err error) string {
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			for _, doc := range list {
				fmt.Fprintf(&b, "%s.%d %s %s; ", doc.ID, doc.Version, doc.Status, doc.Body)
			}
			return b.String()
		}
		for what, c := range map[string]struct{ got, want string }{
			"latest":    {show(d.Documents(t.Context(), "flow", "", 10)), "main.2 retired two; other.1 draft o; "},
			"page":      {show(d.Documents(t.Context(), "flow", "main", 10)), "other.1 draft o; "},
			"other":     {show(d.Documents(t.Context(), "utterances", "", 10)), ""},
			"published": {show(d.Published(t.Context(), "flow")), "main.1 published one; "},
			"versions":  {show(d.Versions(t.Context(), "flow", "main")), "main.2 retired two; main.1 published one; "},
		} {
			if c.got != c.want {
				t.Errorf("%s: %q, want %q", what, c.got, c.want)
			}
		}
		for _, err := range []error{withdraw(), drop(2), put("main", "again", 0)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := withdraw(); hotline.CodeOf(err) != hotline.CodeConflict {
			t.Error("withdrawn twice:", err)
		}
		// Who holds a version of the document that was dropped does not overwrite the other one.
		if got := show(d.Documents(t.Context(), "flow", "", 10)); got != "main.3 draft again; other.1 draft o; " {
			t.Error(got)
		}
		want := []string{
			"1 saved a ", "2 saved a ", "2 checked b ", "2 published c ", "1 rolled_back d wrong fee", "1 checked b ",
			"1 withdrawn e ", "2 dropped e ", "3 saved a ",
		}
		list, err := d.Audits(t.Context(), "flow", "main")
		var got []string
		for _, a := range list {
			got = append(got, fmt.Sprintf("%d %s %s %s", a.Version, a.Action, a.By, a.Note))
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})
}

func TestADocumentThatWasLookedAtIsChecked(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d := open(t)
		if _, err := d.PutDocument(t.Context(), Document{Kind: "flow", ID: "main", Body: "one"}, 0); err != nil {
			t.Fatal(err)
		}
		if err := d.CheckedDocument(t.Context(), Version{"flow", "main", 1}, "b"); err != nil {
			t.Fatal(err)
		}
		if doc, err := d.Document(t.Context(), "flow", "main", 0); err != nil || doc.Status != DocumentChecked {
			t.Errorf("%+v %v", doc, err)
		}
	})
}
