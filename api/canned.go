package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/store/db"
)

// Canned is an answer that agents send as it is.
type Canned struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Text  string `json:"text"`
	Keys  string `json:"keys,omitempty" doc:"What is typed to find it."`
}

// CannedPath names the canned answer of a request.
type CannedPath struct {
	ID string `path:"canned" pattern:"^[a-z0-9._-]{1,64}$"`
}

type cannedInput struct {
	CannedPath
	Body struct {
		Title string `json:"title" minLength:"1" maxLength:"64"`
		Text  string `json:"text" minLength:"1" maxLength:"2000"`
		Keys  string `json:"keys,omitempty" maxLength:"64"`
	}
}

type cannedOutput struct{ Body Canned }

type cannedListOutput struct {
	Body struct {
		Items []Canned `json:"items" nullable:"false" doc:"By their titles."`
	}
}

func (a *API) canned() {
	const all, one = "/desk/canned", "/desk/canned/{canned}"
	huma.Register(a.huma, a.operation("list-canned", http.MethodGet, all, "常用语 Answers to send as they are", needDesk), func(ctx context.Context, _ *struct{}) (*cannedListOutput, error) {
		list, err := a.cfg.Store.Canned(ctx)
		if err != nil {
			return nil, a.failed(ctx, err)
		}
		out := &cannedListOutput{}
		out.Body.Items = make([]Canned, len(list))
		for i, c := range list {
			out.Body.Items[i] = Canned(c)
		}
		return out, nil
	})
	huma.Register(a.huma, a.operation("put-canned", http.MethodPut, one, "保存常用语 Keep an answer to send", needSupervise), func(ctx context.Context, in *cannedInput) (*cannedOutput, error) {
		c := db.Canned{ID: in.ID, Title: tidy(in.Body.Title, 64), Text: tidy(in.Body.Text, 2000), Keys: tidy(in.Body.Keys, 64)}
		var err error
		if c.Title == "" || c.Text == "" {
			err = hotline.Errorf("keep canned answer", hotline.CodeInvalid, "标题和内容不能为空 title and text hold something to be read")
		} else {
			err = a.cfg.Store.PutCanned(ctx, c, callerOf(ctx).name())
		}
		if err != nil {
			return nil, a.failed(ctx, err)
		}
		return &cannedOutput{Canned(c)}, nil
	})
	huma.Register(a.huma, a.operation("drop-canned", http.MethodDelete, one, "删除常用语 Drop one", needSupervise, http.StatusNotFound), func(ctx context.Context, in *CannedPath) (*struct{}, error) {
		if err := a.cfg.Store.DropCanned(ctx, in.ID); err != nil {
			return nil, a.failed(ctx, err)
		}
		return nil, nil
	})
}
