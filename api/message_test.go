package api

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/records"
	"github.com/hotline-cc/hotline/store/db"
)

// Whoever calls back reads and hears what was left, and nobody else for it.
func TestWhoCallsBackKnowsWhatWasLeft(t *testing.T) {
	a := withArchive(t)
	left := func(id string, of hotline.ConversationID) {
		t.Helper()
		task := records.CallbackTask{
			ID: id, Conversation: of, Number: "13800138000", Since: a.started, State: records.CallbackOpen, Reason: records.WhyMessage,
			Note: "路灯坏了", MessageAudio: true,
		}
		if err := a.store.KeepDesk(t.Context(), []db.DeskEntry{{Callback: &task}}); err != nil {
			t.Fatal(err)
		}
	}
	left("c1", a.first)
	left("c2", a.secret)
	const callbacks = Base + "/desk/callbacks"
	record := Base + "/records/" + string(a.first)
	opens := func(status int) {
		t.Helper()
		for _, part := range []string{"", "/audio", "/peaks"} {
			a.want(status, "GET", record+part, a.stranger, nil)
		}
	}
	opens(404)
	a.want(200, "POST", callbacks+"/c1/take", a.stranger, nil)
	a.ledger.actions()
	opens(200)
	if diff := cmp.Diff("record.read, record.listen", a.ledger.actions()); diff != "" {
		t.Errorf("noted (-want +got):\n%s", diff)
	}
	a.want(404, "POST", Base+"/conversations/"+string(a.first)+"/survey", a.stranger, nil)
	var done Callback
	a.want(200, "POST", callbacks+"/c1/outcome", a.stranger, object{"outcome": "reached", "note": "已派单"}).into(t, &done)
	if done.Note != "路灯坏了" || done.Remark != "已派单" || !done.MessageAudio {
		t.Errorf("what was left and what was noted: %+v", done)
	}
	opens(200)
	a.want(200, "POST", callbacks+"/c2/take", a.stranger, nil)
	a.want(403, "GET", Base+"/records/"+string(a.secret), a.stranger, nil)
}
