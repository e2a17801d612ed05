package main

import (
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// comesAgain is somebody who calls twice, and a visitor whom a system names who writes twice: the agent of the first
// time is asked first, although another has been idle for longer.
func comesAgain(x *switchboard, han, lin *phoneAgent) {
	citizen, err := startSoftphone(x.t.Context(), softphoneConfig{Codecs: onlyPCMA(), Server: "sip:" + x.r.UDP, User: stormPhone, Password: demoPassword})
	if err != nil {
		x.t.Fatal(err)
	}
	defer func() { _ = citizen.close() }()
	named := *x.centre
	named.telephone = citizen
	caller := &switchboard{&named, x.t}

	han.ready()
	first := caller.call()
	first.asks()
	han.rung()
	han.answer("1")
	first.hears(hanTone)
	lin.ready()
	x.recordHas(stormPhone, han.id)
	first.hangUp()
	x.await("ready after the wrap-up", func() bool { return han.state() == "ready" })
	second := caller.call()
	id := second.asks()
	if rings := han.rung(); rings != id {
		x.t.Errorf("the phone rings for %s, want %s", rings, id)
	}
	second.hangUp()
	han.Wait("CALL_CLOSED")

	_ = lin.choose("break")
	out, err := exec.CommandContext(x.t.Context(), x.r.command.Path, "key", "-c", filepath.Join(x.r.dir, "hotline.yaml"), "add", "wechat", "--scopes=chat").Output()
	if err != nil {
		x.t.Fatal(err)
	}
	key := strings.TrimSpace(string(out))
	writer := restClient{address: x.r.HTTP, token: key, http: http.DefaultClient}
	writes := func() (conversation string) {
		var begun struct{ ID string }
		x.must(writer.post(x.t.Context(), "/conversations", "", map[string]string{"channel": "text", "visitor": "lisi"}, &begun))
		x.must(writer.post(x.t.Context(), "/conversations/"+begun.ID+"/messages", "", map[string]string{"text": "我要转人工"}, nil))
		return begun.ID
	}
	offered := func(a *phoneAgent, id string) {
		x.t.Helper()
		select {
		case offer := <-a.offers:
			if offer.conversation != id {
				x.t.Fatalf("%s is offered, want %s", offer.conversation, id)
			}
			x.must(a.rest.post(a.life, "/desk/offers/"+offer.id+"/accept", "", struct{}{}, nil))
		case <-time.After(10 * time.Second):
			x.t.Fatal("the chat is not offered to the agent")
		}
	}
	chat := writes()
	offered(han, chat)
	lin.ready()
	x.recordHas("key:"+strings.Split(key, "_")[1]+":lisi", han.id)
	closes := func(id string) {
		x.must(writer.post(x.t.Context(), "/conversations/"+id+"/close", "", struct{}{}, nil))
		x.await("ready after the chat", func() bool { return han.state() == "ready" })
	}
	closes(chat)
	chat = writes()
	offered(han, chat)
	closes(chat)
	if len(lin.offers) > 0 {
		x.t.Error("the other agent was asked, too")
	}
	_, _ = han.choose("offline"), lin.choose("offline")
}

// recordHas waits until the records say that an agent has talked with somebody.
func (x *switchboard) recordHas(caller, agent string) {
	x.t.Helper()
	x.await("a record of the talk", func() bool {
		var list struct{ Items []struct{ Agents []string } }
		x.must(x.looker.do(x.t.Context(), http.MethodGet, "/records?limit=1&caller="+url.QueryEscape(caller), "", nil, &list))
		return len(list.Items) > 0 && len(list.Items[0].Agents) > 0 && list.Items[0].Agents[0] == agent
	})
}
