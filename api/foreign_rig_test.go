package api

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/account"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/records"
	"github.com/hotline-cc/hotline/webrtc/join"
)

// What nobody else may get to see of the conversation that is attacked.
const (
	secretText   = "我家在桂花巷七号，户主姓欧阳"
	secretNumber = "13988887777"
	secretName   = "桂花巷.png"
)

// victim is a conversation that an agent has, with everything that may lie about it: a log, a file, a record, a recording;
// and an offer and a callback of others.
type victim struct {
	*deskRig
	session
	file, offer, callback string
	owners                []string // tokens of who may
	root                  string   // of recordings
}

func startVictim(t *testing.T) *victim {
	t.Helper()
	v := &victim{root: t.TempDir()}
	free := Rate{PerSecond: 1e6, Burst: 1e6}
	v.deskRig = startOffice(t, func(c *Config) {
		c.Limits = Limits{Visitor: free, Address: free, Key: free, Person: free, LogIn: free, PerAddress: 1e6, PerVisitor: 1e6}
		c.Archive = &Archive{Recordings: v.root, Auditor: &ledger{}, Events: v.logged}
		c.Invite = func(context.Context, string, map[string]string) (Invitation, error) {
			return Invitation{URL: "/webrtc"}, nil
		}
	})
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	v.session = v.begin("")
	v.say(v.session, secretText)
	body, kind := form(t, "file", secretName, png+"rest")
	var file attached
	v.want(201, "POST", v.path+"/attachments", v.Token, body, kind).into(t, &file)
	v.file = file.ID

	ctx, id := t.Context(), hotline.ConversationID(v.ID)
	wang, wangToken := v.seated("wang")
	v.log(id, hotline.Started{Channel: hotline.ChannelPhone, From: secretNumber})
	v.log(id, hotline.Heard{Turn: 1, Text: secretText})
	v.log(id, hotline.Joined{Party: wang, Role: "agent"})
	v.mu.Lock()
	r := records.Of(v.logs[id], records.Aside{})
	v.mu.Unlock()
	must(v.store.PutRecords(ctx, []records.Record{r}))
	sound(t, v.root, id, r.Started)
	v.has(wang, id, secretNumber)

	qian, qianToken := v.seated("qian")
	c, err := v.desk.Promise(ctx, desk.Callback{Kind: desk.CallbackMessage, Queue: "general", Number: "13812345678"})
	must(err)
	_, err = v.desk.TakeCallback(ctx, qian, c.ID)
	must(err)
	v.callback = c.ID
	zhao, zhaoToken := v.seated("zhao")
	other := hotline.NewConversationID(time.Now())
	must(v.desk.Open(ctx, desk.Talk{Conversation: other, Channel: hotline.ChannelPhone, Caller: "13800000001"}, func(desk.Notice) {}))
	must(v.desk.Enqueue(ctx, desk.Request{Conversation: other, Queue: "general"}))
	h, err := v.desk.Look(ctx, zhao)
	must(err)
	v.offer = h.Offer.Offer
	_, boss := v.user("boss", account.RoleSupervisor)
	v.owners = []string{v.Token, wangToken, boss, qianToken, zhaoToken, v.key(ScopeAdmin)}
	return v
}

func (v *victim) logged(ctx context.Context, id hotline.ConversationID) ([]hotline.Event, error) {
	return v.events(ctx, id)
}

// seated is an agent who is ready.
func (v *victim) seated(login string) (id, token string) {
	v.t.Helper()
	id, token = v.user(login, account.RoleAgent)
	v.ready(id, token)
	return id, token
}

// has gives an agent a call, which does whatever is commanded.
func (v *victim) has(agent string, id hotline.ConversationID, caller string) {
	v.t.Helper()
	ctx := v.t.Context()
	notify := func(n desk.Notice) {
		if c, ok := n.(desk.Commanded); ok && c.Reply != nil {
			v.log(id, hotline.Noted{Party: c.By, Text: string(c.Command.Verb)})
			c.Reply(nil)
		}
	}
	if err := v.desk.Open(ctx, desk.Talk{Conversation: id, Channel: hotline.ChannelPhone, Caller: caller}, notify); err != nil {
		v.t.Fatal(err)
	}
	if err := v.desk.Take(ctx, id, agent); err != nil {
		v.t.Fatal(err)
	}
}

// strangers are the tokens of those who have a conversation of their own, or none.
func (v *victim) strangers() map[string]string {
	v.t.Helper()
	chat := v.key(ScopeChat)
	v.begin(chat)
	li, agent := v.seated("li")
	own := hotline.NewConversationID(time.Now())
	v.log(own, hotline.Started{Channel: hotline.ChannelPhone})
	v.has(li, own, "13700000000")
	// Made with the key of the API's own tokens, which is worse than it is.
	calls, err := join.New(join.Config{Key: bytes.Repeat([]byte("k"), 32)})
	if err != nil {
		v.t.Fatal(err)
	}
	call, err := calls.Issue(join.Claims{Conversation: own, Role: join.Caller, Subject: string(own)})
	if err != nil {
		v.t.Fatal(err)
	}
	headset, err := calls.Issue(join.Claims{Conversation: own, Role: join.Agent, Subject: li})
	if err != nil {
		v.t.Fatal(err)
	}
	return map[string]string{
		"the visitor of another conversation": v.begin("").Token, "a call from a browser": call, "a headset": headset,
		"another agent": agent, "a key for conversations": chat, "nobody": "",
	}
}

// picture is everything that is kept of the victim.
func (v *victim) picture() (all []string) {
	v.t.Helper()
	ctx, id := v.t.Context(), hotline.ConversationID(v.ID)
	add := func(what any, err error) {
		v.t.Helper()
		if err != nil {
			v.t.Fatal(err)
		}
		text, err := json.Marshal(what)
		if err != nil {
			v.t.Fatal(err)
		}
		all = append(all, string(text))
	}
	add(v.store.Events(ctx, id, 0, 1000))
	add(v.events(ctx, id))
	add(v.store.Record(ctx, id))
	add(v.store.Callback(ctx, v.callback))
	add(filepath.Glob(v.api.cfg.Files + "/*/*"))
	board, err := v.desk.Board(ctx)
	for _, row := range board.Talks {
		if row.Talk.Conversation == id {
			add(row, err)
		}
	}
	add(os.ReadDir(v.root))
	return all
}
