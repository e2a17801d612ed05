package api

import (
	"errors"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/account"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/kb"
	"github.com/hotline-cc/hotline/records"
)

func TestTheTreeOfCategoriesIsWhole(t *testing.T) {
	r := start(t)
	var out struct{ Items []kb.Category }
	r.want(200, "GET", Base+"/knowledge/categories", r.key(ScopeRead), nil).into(t, &out)
	_, base := city()
	if diff := cmp.Diff(base.Categories(), out.Items); diff != "" {
		t.Errorf("categories (-want +got):\n%s", diff)
	}
}

func TestAgentsAndQueuesHaveNames(t *testing.T) {
	d := startDesk(t)
	id, token := d.user("li", account.RoleAgent)
	d.ready(id, token)
	var out struct{ Queues, Agents []Name }
	d.want(200, "GET", Base+"/desk/names", token, nil).into(t, &out)
	if !slices.Contains(out.Queues, Name{ID: "social", Name: "社保医保"}) || !slices.Equal(out.Agents, []Name{{ID: id, Name: "名li"}}) {
		t.Errorf("names %+v", out)
	}
}

func TestACallbackTellsWhereTheNumberIsFrom(t *testing.T) {
	d := startDesk(t)
	id, token := d.user("li", account.RoleAgent)
	li := d.ready(id, token)
	missed := desk.Callback{Kind: desk.CallbackMissed, Conversation: hotline.NewConversationID(time.Now()), Queue: "general", Number: "13812345678"}
	promised, err := d.desk.Promise(t.Context(), missed)
	if err != nil {
		t.Fatal(err)
	}
	const callbacks = Base + "/desk/callbacks"
	var list struct{ Items []Callback }
	d.want(200, "GET", callbacks, token, nil).into(t, &list)
	if len(list.Items) != 1 || list.Items[0].Place != "在 13812345678" {
		t.Errorf("callbacks %+v", list.Items)
	}
	d.want(200, "POST", callbacks+"/"+promised.ID+"/take", token, nil)
	_ = li.conn.CloseNow()
	again, _ := d.sit(id, token)
	var me struct{ Callback Callback }
	again.until("hello", typed("hello"))
	d.want(200, "GET", Base+"/desk/me", token, nil).into(t, &me)
	if me.Callback.ID != promised.ID || me.Callback.Place != "在 13812345678" {
		t.Errorf("taken %+v", me.Callback)
	}
}

func TestThePlaceOfARecordIsNoSecretOfAnother(t *testing.T) {
	a := &API{office: &office{Desk: &Desk{Place: func(number string) string { return "在 " + number }}}}
	open, secret := records.Record{Caller: "13800138000"}, records.Record{Caller: "13800138000", Confidential: true}
	for name, c := range map[string]struct {
		record        records.Record
		caller, place string
	}{
		"of a masked number": {open, "138****8000", "在 13800138000"},
		"confidential":       {secret, "138****8000", ""},
	} {
		if got := a.listed(identity{}, c.record); got.Caller != c.caller || got.Place != c.place {
			t.Errorf("%s: %q %q", name, got.Caller, got.Place)
		}
	}
	if got := a.recordOf(secret); got.Place == "" {
		t.Error("who opens a confidential record is not told where the number is from")
	}
}

func TestAskingForAWholeNumberIsNoted(t *testing.T) {
	a := withArchive(t)
	reason := "?reason=" + url.QueryEscape("投诉复核")
	for name, c := range map[string]struct {
		token  string
		id     hotline.ConversationID
		query  string
		status int
		noted  string
	}{
		"own":                            {a.agent, a.first, "", 200, "record.number"},
		"of another":                     {a.stranger, a.first, "", 404, ""},
		"confidential, own":              {a.agent, a.secret, reason, 403, ""},
		"confidential, without a reason": {a.boss, a.secret, "", 403, ""},
		"confidential, with a reason":    {a.boss, a.secret, reason, 200, "record.number 投诉复核"},
	} {
		t.Run(name, func(t *testing.T) {
			var out struct{ Caller string }
			got := a.want(c.status, "GET", Base+"/records/"+string(c.id)+"/caller"+c.query, c.token, nil)
			if got.into(t, &out); c.status == 200 && out.Caller != "13800138000" {
				t.Errorf("number %q", out.Caller)
			}
			if noted := a.ledger.actions(); noted != c.noted {
				t.Errorf("noted %q, want %q", noted, c.noted)
			}
		})
	}
	a.ledger.fail = errors.New("the disk is full")
	a.want(503, "GET", Base+"/records/"+string(a.first)+"/caller", a.agent, nil)
}
