package api

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/account"
)

// A note is one text that its agent changes, also after the end; each agent has their own.
func TestANoteIsOneTextThatItsAgentChanges(t *testing.T) {
	d := startDesk(t)
	liID, liToken := d.user("li", account.RoleAgent)
	li := d.ready(liID, liToken)
	c := d.call(hotline.ChannelPhone, "13812345678", "general")
	li.takes()
	path := Base + "/desk/talks/" + string(c.id)
	write := func(text string) {
		t.Helper()
		d.want(204, "POST", path+"/note", liToken, object{"text": text})
		var out struct{ Talk Talk }
		d.want(200, "GET", path, liToken, nil).into(t, &out)
		if out.Talk.Note != text {
			t.Errorf("noted %q, reads %q", text, out.Talk.Note)
		}
	}
	logged := func() (notes []hotline.Noted) {
		events, err := d.events(t.Context(), c.id)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if n, ok := e.Body.(hotline.Noted); ok {
				n.Replaces = min(n.Replaces, 1) // that it does
				notes = append(notes, n)
			}
		}
		return notes
	}
	d.log(c.id, hotline.Joined{Party: liID, Role: "agent"})
	d.log(c.id, hotline.Noted{Party: "wang", Text: "别人的"})
	write("停暖")
	write("停暖")
	write("停暖三天")
	write("")
	want := []hotline.Noted{{Party: "wang", Text: "别人的"}, {Party: liID, Text: "停暖"}, {Party: liID, Text: "停暖三天", Replaces: 1}, {Party: liID, Replaces: 1}}
	if diff := cmp.Diff(want, logged()); diff != "" {
		t.Errorf("in the log (-want +got):\n%s", diff)
	}
	c.hangsUp()
	over := func(e hotline.Event) bool { return e.Body.Kind() == (hotline.Ended{}).Kind() }
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		if events, _ := d.events(t.Context(), c.id); slices.ContainsFunc(events, over) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the call does not end")
		}
	}
	write("已联系物业")
	write("已联系物业，明天上门")
	write("")
	if diff := cmp.Diff(want, logged()); diff != "" {
		t.Errorf("after the end (-want +got):\n%s", diff)
	}
	d.want(422, "POST", path+"/note", liToken, object{})
}
