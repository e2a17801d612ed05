package api

import (
	"testing"

	"github.com/hotline-cc/hotline/account"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/desk/roster"
)

func TestTheRosterIsInForceWithTheAnswer(t *testing.T) {
	d := startDesk(t)
	liID, liToken := d.user("li", account.RoleAgent)
	_, root := d.user("root", account.RoleAdministrator)
	li := d.ready(liID, liToken)
	const queues = Base + "/desk/queues"
	var list struct{ Items []QueueItem }
	d.want(200, "GET", queues, root, nil).into(t, &list)
	if len(list.Items) != 2 || list.Items[0].ID != "general" || list.Items[0].Version != 0 {
		t.Errorf("queues %+v", list.Items)
	}
	a := d.want(200, "PUT", queues+"/night", root, object{"id": "night", "name": "夜班", "overflow": "general"})
	if a.header.Get("ETag") != `"1"` {
		t.Errorf("ETag %s", a.header.Get("ETag"))
	}
	d.want(409, "PUT", queues+"/night", root, object{"id": "night", "name": "晚"}, `If-Match: "2"`)
	d.want(200, "PUT", queues+"/night", root, object{"id": "night", "name": "晚班", "version": 1}, `If-Match: "1"`)
	// What is refused changes nothing.
	d.want(422, "PUT", queues+"/night", root, object{"id": "night", "name": "x", "overflow": "nowhere"})
	d.want(422, "PUT", queues+"/night", root, object{"id": "night", "name": "x", "ring_timeout_s": 1})
	d.want(422, "PUT", queues+"/night", root, object{"id": "other", "name": "x"})
	var q QueueItem
	d.want(200, "GET", queues+"/night", root, nil).into(t, &q)
	if q.Name != "晚班" || q.Version != 2 {
		t.Errorf("queue %+v", q)
	}

	agent := Base + "/desk/agents/" + liID
	d.want(422, "PUT", agent, root, object{"id": liID, "name": "", "device": "browser", "queues": []string{"nowhere"}, "chats": 2})
	d.want(404, "PUT", Base+"/desk/agents/0123456789abcdef", root, object{"id": "", "name": "", "device": "browser", "queues": []string{}, "chats": 2})
	d.want(200, "PUT", agent, root, object{"id": liID, "name": "somebody else", "number": "8001", "device": "browser", "queues": []string{"night"}, "skills": object{"social": 7}, "chats": 2})
	hello := li.until("hello of the edit", func(m message) bool { return m.Type == "hello" && m.Agent.Number != "" })
	if hello.Agent.Number != "8001" || hello.Agent.Name != "名li" || len(hello.Agent.Queues) != 1 || hello.Agent.Skills["social"] != 7 || hello.Presence.State != desk.Ready {
		t.Errorf("hello %+v", hello)
	}
	d.want(204, "DELETE", queues+"/night", root, nil)
	li.until("hello without the queue", func(m message) bool { return m.Type == "hello" && len(m.Agent.Queues) == 0 })
	d.want(404, "DELETE", queues+"/night", root, nil)
	d.want(409, "DELETE", queues+"/general", root, nil)

	var c desk.Calendar
	d.want(200, "GET", Base+"/desk/calendar", root, nil).into(t, &c)
	if len(c.Years) < 2 {
		t.Errorf("calendar %+v", c)
	}
	d.want(200, "PUT", Base+"/desk/calendar", root, object{"years": []object{{"year": 2027, "rest": []object{{"from": "2027-01-01", "to": "2027-01-03"}}}}})
	d.want(422, "PUT", Base+"/desk/calendar", root, object{"years": []object{{"year": 2027, "rest": []object{{"from": "Neujahr", "to": "2027-01-03"}}}}})
	d.want(200, "GET", Base+"/desk/calendar", root, nil).into(t, &c)
	if n := len(c.Years); c.Years[n-1].Year != 2027 || n < 3 {
		t.Errorf("calendar %+v", c)
	}
	entries, err := d.book.Entries(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	count := map[account.Action]int{}
	for _, e := range entries {
		count[e.Action]++
		if e.Action == roster.ActionAgentChanged && (e.Who != "root" || e.Subject != liID || e.Address == "") {
			t.Errorf("entry %+v", e)
		}
	}
	if count[roster.ActionQueueChanged] != 2 || count[roster.ActionQueueRemoved] != 1 || count[roster.ActionAgentChanged] != 1 || count[roster.ActionCalendarChanged] != 1 {
		t.Errorf("record %v", count)
	}
}

func TestAnAgentChoosesThePhone(t *testing.T) {
	d := startDesk(t)
	liID, liToken := d.user("li", account.RoleAgent)
	_, wangToken := d.user("wang", account.RoleAgent)
	li := d.ready(liID, liToken)
	const device = Base + "/desk/me/device"
	d.want(422, "PUT", device, liToken, object{"device": "phone"})
	d.want(204, "PUT", device, liToken, object{"device": "phone", "extension": "801"})
	if hello := li.until("hello", typed("hello")); hello.Agent.Device != desk.Phone || hello.Agent.Extension != "801" || hello.Presence.Headset {
		t.Errorf("hello %+v, %+v; want a phone that is not there yet", hello.Agent, hello.Presence)
	}
	d.enlist(wangToken)
	d.want(409, "PUT", device, wangToken, object{"device": "phone", "extension": "801"})
	d.want(204, "PUT", device, liToken, object{"device": "browser"})
}

// enlist lets the desk hear of a user that was made behind its back.
func (d *deskRig) enlist(token string) {
	d.t.Helper()
	s, _ := d.sit("", token)
	s.until("hello", typed("hello"))
}

// Every role against every kind of route.
func TestRolesOpenTheRoutesThatAreTheirs(t *testing.T) {
	d := startDesk(t)
	tokens := map[string]string{"visitor": d.begin("").Token, "key": d.key(ScopeAdmin), "nobody": ""}
	for _, role := range account.Roles() {
		_, tokens[string(role)] = d.user(string(role), role)
	}
	for _, role := range []string{"agent", "supervisor"} {
		d.enlist(tokens[role])
	}
	everybody := []string{"agent", "supervisor", "knowledge", "administrator", "auditor", "key"}
	id := "00000000000000000000000000"
	for _, c := range []struct {
		method, path string
		body         any
		may          []string
	}{
		{"GET", "/desk/me", nil, []string{"agent", "supervisor"}},
		{"PUT", "/desk/me/state", object{"state": "offline"}, []string{"agent", "supervisor"}},
		{"GET", "/desk/targets", nil, []string{"agent", "supervisor"}},
		{"GET", "/desk/knowledge?q=x", nil, []string{"agent", "supervisor"}},
		{"POST", "/desk/offers/o1/accept", nil, []string{"agent", "supervisor"}},
		{"POST", "/desk/headset", nil, []string{"agent", "supervisor"}},
		{"POST", "/desk/calls", object{"number": "110"}, []string{"agent", "supervisor"}},
		{"POST", "/desk/talks/" + id + "/command", object{"verb": "hold"}, []string{"agent", "supervisor"}},
		{"GET", "/desk/board", nil, []string{"supervisor", "key"}},
		{"POST", "/desk/talks/" + id + "/supervise", object{"verb": "leave"}, []string{"supervisor"}},
		{"PUT", "/desk/agents/0123456789abcdef/state", object{"state": "offline"}, []string{"supervisor"}},
		{"GET", "/desk/names", nil, []string{"agent", "supervisor", "key"}},
		{"GET", "/knowledge/categories", nil, []string{"agent", "supervisor", "knowledge", "key"}},
		{"GET", "/desk/queues", nil, []string{"supervisor", "administrator", "key"}},
		{"PUT", "/desk/queues/x", object{"id": "x", "name": "x"}, []string{"administrator", "key"}},
		{"GET", "/desk/agents", nil, []string{"supervisor", "administrator", "key"}},
		{"PUT", "/desk/calendar", object{"years": []object{}}, []string{"administrator", "key"}},
	} {
		for _, who := range append(everybody, "visitor", "nobody") {
			a := d.do(c.method, Base+c.path, tokens[who], c.body)
			may := false
			for _, one := range c.may {
				may = may || one == who
			}
			refused := a.status == 401 || a.status == 403
			if who == "visitor" || who == "nobody" {
				if a.status != 401 {
					t.Errorf("%s %s by %s: %d, want 401", c.method, c.path, who, a.status)
				}
				continue
			}
			if refused == may {
				t.Errorf("%s %s by %s: %d %s, may %t", c.method, c.path, who, a.status, a.body, may)
			}
		}
	}
}
