package api

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/account"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/desk/roster"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/kb/live"
)

// Desk is what agents, supervisors and those who plan their work need. Desk, Roster, Events, Note and Feed
// are required; an endpoint whose function is nil answers that it is not there.
type Desk struct {
	Desk   *desk.Desk
	Roster *roster.Book
	Feed   *Feed
	// Events returns the whole log of a conversation of any channel; CodeNotFound when there is none.
	Events func(context.Context, hotline.ConversationID) ([]hotline.Event, error)
	// Note puts an event into the log of a conversation of any channel that is open; CodeConflict when it
	// is over.
	Note func(context.Context, hotline.ConversationID, hotline.EventBody) error
	// Remark keeps what an agent writes down of a conversation, in the place of what the same agent
	// wrote before.
	Remark func(context.Context, Remark) error
	// File files a work order once for each ref and returns its number.
	File func(ctx context.Context, ref string, t desk.Talk, o dialog.Order) (number string, err error)
	// History returns the last conversations of a caller, the latest first, and Orders what is filed
	// and not done.
	History func(ctx context.Context, caller string, limit int) ([]Contact, error)
	Orders  func(ctx context.Context, caller string) ([]desk.Past, error)
	// Call calls a number with the headset joined of an agent whom the desk has reserved for the conversation.
	// One that comes about is closed at the desk when it is over; the others are by who asked for it.
	Call func(ctx context.Context, id hotline.ConversationID, agent, number string) error
	// Headset lets the headset of an agent connect, for a shift.
	Headset func(ctx context.Context, agent string) (Grant, error)
	// Place tells where a number is from, "" when it does not know.
	Place func(number string) string
	// Permit tells why an agent may not call the number or service of a target; nil permits all.
	Permit func(desk.Target) error
	// External are the numbers that may be called, Services those of emergency services.
	External, Services []Outside
}

// Remark is what an agent writes down of a conversation.
type Remark struct {
	Conversation hotline.ConversationID
	Agent        string
	Category     string
	Summary      string
	Resolved     *bool // nil is not said
}

// Contact is a conversation that a caller had before.
type Contact struct {
	Conversation hotline.ConversationID `json:"conversation"`
	Channel      string                 `json:"channel" doc:"phone, web or chat."`
	Caller       string                 `json:"caller,omitempty"`
	Started      time.Time              `json:"started"`
	Ended        *time.Time             `json:"ended,omitempty"`
	WithAgent    bool                   `json:"with_agent"`
	Agent        string                 `json:"agent,omitempty"`
	Agents       []string               `json:"agents,omitempty" doc:"Who had it, in order: they may open the record."`
	Queue        string                 `json:"queue,omitempty"`
	WaitedMS     *int64                 `json:"waited_ms,omitempty"`
	TalkedMS     *int64                 `json:"talked_ms,omitempty"`
	Outcome      string                 `json:"outcome,omitempty"`
	Rating       int                    `json:"rating,omitempty"`
	Turns        int                    `json:"turns"`
	Recording    bool                   `json:"recording"`
	Summary      string                 `json:"summary,omitempty"`
}

// Grant lets a browser connect by WHIP: POST URL with Token as bearer.
type Grant struct {
	URL   string      `json:"url"`
	Token string      `json:"token"`
	ICE   []ICEServer `json:"ice_servers" nullable:"false"`
}

// ICEServer is as RTCPeerConnection takes it.
type ICEServer struct {
	URLs       []string `json:"urls" nullable:"false"`
	Username   string   `json:"username,omitempty"`
	Credential string   `json:"credential,omitempty"`
}

// Outside is somebody who may be called besides agents.
type Outside struct{ ID, Name, Number string }

func (d *Desk) place(number string) string {
	if d.Place == nil {
		return ""
	}
	return d.Place(number)
}

// placeOf is where a number is from; without a desk nobody knows.
func (a *API) placeOf(number string) string {
	if a.office == nil {
		return ""
	}
	return a.office.place(number)
}

func (d *Desk) complete() bool {
	return d.Desk != nil && d.Roster != nil && d.Feed != nil && d.Events != nil && d.Note != nil
}

var (
	needAgent      = need{tag: "desk", person: true, scopes: []string{ScopeDesk}}
	needTalk       = need{tag: "desk", person: true, scopes: []string{ScopeDesk, ScopeSupervise}}
	needBoard      = need{tag: "supervision", scopes: []string{ScopeSupervise}}
	needSupervisor = need{tag: "supervision", person: true, scopes: []string{ScopeSupervise}}
	needNames      = need{tag: "desk", scopes: []string{ScopeDesk, ScopeSupervise, ScopeRead}}
	needPlan       = need{tag: "roster", scopes: []string{ScopeUsers}}
	needPlanRead   = need{tag: "roster", scopes: []string{ScopeUsers, ScopeSupervise}}
)

// office is the HTTP side of a desk at work.
type office struct {
	*Desk
	consoles consoles
	shelf    shelf
	turn     chan struct{} // one search at a time
	board    boardCache
	reload   sync.Mutex
}

func newOffice(d *Desk, knowledge *live.Knowledge, now func() time.Time) *office {
	return &office{
		Desk: d, turn: make(chan struct{}, 1), consoles: consoles{all: map[*console]bool{}}, shelf: shelf{knowledge: knowledge, now: now},
		board: boardCache{desk: d.Desk, roster: d.Roster, place: d.place, now: now},
	}
}

// desk registers everything under /desk but what lists kept things.
func (a *API) desk() {
	if a.office == nil {
		return
	}
	a.deskAgent()
	a.deskTalks()
	a.deskTargets()
	a.deskSupervision()
	a.deskRoster()
	a.deskStream()
}

// me is the agent who calls.
func me(ctx context.Context) string { return callerOf(ctx).person.ID }

// absent is the answer of an endpoint whose function is not there.
func absent(what string) error {
	return statusError{hotline.Errorf("find "+what, hotline.CodeUnavailable, "没有启用 there is no %s here", what), http.StatusNotImplemented}
}

// retold reads the roster anew and tells the desk. It follows a change that is kept already.
func (o *office) retold(ctx context.Context) error {
	o.reload.Lock()
	defer o.reload.Unlock()
	o.board.forget()
	return o.Desk.Desk.Reload(ctx)
}

// newcomer does something for an agent. One whom the desk does not know may have been added meanwhile, from
// the command line or by another process: the roster is read again, once.
func newcomer[T any](ctx context.Context, o *office, do func() (T, error)) (T, error) {
	done, err := do()
	if hotline.CodeOf(err) == hotline.CodeNotFound {
		if told := o.retold(ctx); told == nil {
			return do()
		}
	}
	return done, err
}

// accountsChanged lets the desk and the consoles follow what somebody did to sessions and users.
func (a *API) accountsChanged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		users := under(r.URL.Path, Base+"/users")
		if a.office == nil || r.Method == http.MethodGet || !users && !under(r.URL.Path, Base+"/session") {
			return
		}
		if users {
			// The change stands, whatever the desk says.
			if err := a.office.retold(context.WithoutCancel(r.Context())); err != nil {
				a.log.Error("the desk does not know the users that were changed", "error", err)
			}
		}
		a.office.consoles.recheck()
	})
}

// under tells whether a path is another one or lies under it.
func under(path, root string) bool {
	return path == root || strings.HasPrefix(path, root+"/")
}

// noted adds an entry to the record before something is done.
func (a *API) noted(ctx context.Context, what account.Action, subject, detail string) error {
	who := callerOf(ctx).actor()
	e := account.Entry{At: a.cfg.Now(), Who: who.Name, Action: what, Subject: subject, Detail: detail}
	if who.Address.IsValid() {
		e.Address = who.Address.String()
	}
	return a.cfg.Store.AddEntry(ctx, e)
}

// What is recorded of supervision.
const (
	actionSupervised account.Action = "supervised"
	actionRead       account.Action = "talk_read"
	actionForced     account.Action = "agent_state"
)
