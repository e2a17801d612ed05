package api

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/call/record"
	"github.com/hotline-cc/hotline/records"
)

// Archive is where what has been said lies. Events and Auditor are required.
type Archive struct {
	// Events returns the whole log of a conversation of any channel; CodeNotFound when there is none.
	Events func(context.Context, hotline.ConversationID) ([]hotline.Event, error)
	// Recordings is the folder of all recordings, "" when there are none.
	Recordings string
	Sealer     record.Sealer // nil is plain files
	Auditor    Auditor
	// Changed is told of conversations beside whose log something was kept; nil is nobody.
	Changed func(hotline.ConversationID)
	// NameOf returns what an agent or a queue is called; nil, or "" from it, is its ID.
	NameOf func(id string) string
}

// Auditor keeps for good who has looked at or listened to what.
type Auditor interface {
	// Audit keeps an access before it is given. Nothing is shown when that fails.
	Audit(context.Context, Access) error
}

// Access is one look at what somebody has said, or a link by which it can be graded.
type Access struct {
	At      time.Time
	Who     string
	Action  string // one of the actions below
	Subject string // conversation, or span of a report
	Address string
	Detail  string // reason, where one is asked for
}

// The actions of an Access.
const (
	ActionRead   = "record.read"
	ActionListen = "record.listen"
	ActionNumber = "record.number"
	ActionExport = "report.export"
	ActionSurvey = "survey.link"
)

func (a *API) audit(ctx context.Context, who identity, action, subject, detail string) error {
	err := a.cfg.Archive.Auditor.Audit(ctx, Access{
		At: a.cfg.Now(), Who: who.name(), Action: action, Subject: subject, Address: who.address.String(), Detail: detail,
	})
	if err != nil {
		return hotline.Errorf("note access", hotline.CodeUnavailable, "%w", err)
	}
	return nil
}

const opOpen = "open record"

// mayOpen returns the record of a conversation when somebody may open it: supervisors may open all, confidential
// ones with a reason; who has the scope all but the confidential; agents their own but those, and read what left them
// somebody to call back.
func (a *API) mayOpen(ctx context.Context, who identity, id hotline.ConversationID, reason, scope string) (records.Record, error) {
	r, err := a.cfg.Store.Record(ctx, id)
	if err != nil {
		return r, err
	}
	own := owns(who, r)
	if !own && scope == ScopeRead && who.agent() != "" {
		if own, err = a.cfg.Store.CallsBack(ctx, id, who.agent()); err != nil {
			return records.Record{}, err
		}
	}
	if !who.has(ScopeSupervise) && !who.has(scope) && !own {
		// Not even that it exists is told.
		return records.Record{}, hotline.Errorf(opOpen, hotline.CodeNotFound, "没有这条记录 no record of %s", id)
	}
	return r, discreet(who, r, reason)
}

// discreet keeps the confidential from all but supervisors who say why.
func discreet(who identity, r records.Record, reason string) error {
	switch {
	case r.Confidential && !who.has(ScopeSupervise):
		return hotline.Errorf(opOpen, hotline.CodeForbidden, "保密会话仅班长可查 a confidential conversation is opened by supervisors only")
	case r.Confidential && tidy(reason, maxReason) == "":
		return hotline.Errorf(opOpen, hotline.CodeForbidden, "保密会话须说明理由 a confidential conversation is opened with a reason: ?reason=")
	}
	return nil
}

// mayFollow tells whether somebody with the scope read may see what is said in the chat of others, and keeps that they do.
// What follows it asks again and again: that is one look, unless for another reason.
func (a *API) mayFollow(ctx context.Context, who identity, id hotline.ConversationID, reason string) error {
	if a.cfg.Archive == nil {
		return hotline.Errorf(opOpen, hotline.CodeForbidden, "没有审计记录，不能查看 looks are not recorded here")
	}
	events, err := a.cfg.Archive.Events(ctx, id)
	if err == nil {
		err = a.discreetNow(ctx, who, id, events, reason)
	}
	if err != nil {
		return err
	}
	reason = tidy(reason, maxReason)
	return a.heard.first("read "+who.agent()+" "+string(id)+" "+reason, a.cfg.Now(), func() error {
		return a.audit(ctx, who, ActionRead, string(id), reason)
	})
}

// discreetNow is discreet about a conversation that goes on, whose record may be seconds behind its log.
func (a *API) discreetNow(ctx context.Context, who identity, id hotline.ConversationID, events []hotline.Event, reason string) error {
	beside, err := a.cfg.Store.Aside(ctx, id)
	if err != nil {
		return err
	}
	return discreet(who, records.Of(events, beside), reason)
}

const maxReason = 200 // characters

func owns(who identity, r records.Record) bool {
	return who.agent() != "" && slices.Contains(r.Agents, who.agent())
}

// masked hides the middle of a number: 138****8000.
func masked(number string) string {
	r := []rune(number)
	switch n := len(r); {
	case n >= 8:
		return string(r[:3]) + "****" + string(r[n-4:])
	case n >= 5:
		return "****" + string(r[n-2:])
	}
	return number // of a service
}

// recently remembers who listens to what, so that one listening, which asks for many parts, is noted once.
type recently struct {
	mu   sync.Mutex
	seen map[string]time.Time
}

// Of listenings.
const (
	listening      = 10 * time.Minute // is one
	mostListenings = 4096
)

func newRecently() *recently { return &recently{seen: map[string]time.Time{}} }

// first calls note unless it has succeeded for the same name within listening.
func (l *recently) first(name string, now time.Time, note func() error) error {
	l.mu.Lock()
	at, found := l.seen[name]
	l.mu.Unlock()
	if found && now.Sub(at) < listening {
		return nil
	}
	if err := note(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.seen) >= mostListenings {
		clear(l.seen) // some are noted twice
	}
	l.seen[name] = now
	return nil
}
