package main

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/hotline-cc/hotline"
)

// demoMessages are what a citizen types: a question, and something to be seen to.
var demoMessages = []string{
	"办居住证要带什么？", "东湖区文汇路12号门口的路灯不亮，三天了没人修", "15400001234", "对", "没有了，谢谢",
}

// demoAnswer is what must be said to the first message.
const demoAnswer = "answer.kb.jzz.apply"

// chat holds a conversation over REST and prints it. It fails unless the question was answered, a work order
// filed and the conversation ended.
func (c *DemoCmd) chat(env *Env, r *rig) error {
	ctx, cancel := context.WithTimeout(env.Ctx, time.Minute)
	defer cancel()
	env.printf("\n网上咨询 chat over REST, http://%s/api/v1", r.HTTP)
	client := restClient{address: r.HTTP, http: http.DefaultClient}
	var talk struct {
		ID, Token string
		Events    []hotline.Event
	}
	status, err := client.post(ctx, "/conversations", "", map[string]string{"channel": "text"}, &talk)
	if err != nil || status != http.StatusCreated {
		return hotline.Errorf("demo", hotline.CodeInternal, "begin a chat: %d %w", status, err)
	}
	client.token = talk.Token
	missing := map[string]bool{"an answer": true, "a work order": true, "an end": true}
	show := func(events []hotline.Event) {
		for _, e := range events {
			switch b := e.Body.(type) {
			case hotline.Heard:
				env.printf("  市民 citizen  %s", b.Text)
			case hotline.Said:
				env.printf("  热线 hotline  %s", b.Text)
				if b.Prompt == demoAnswer {
					delete(missing, "an answer")
				}
			case hotline.Filed:
				env.printf("  ── 工单 order %s (%s)", b.Number, b.What)
				if b.Number != "" && b.Failed == "" {
					delete(missing, "a work order")
				}
			case hotline.Ended:
				env.printf("  ── 会话结束 ended by %s", b.By)
				delete(missing, "an end")
			}
		}
	}
	show(talk.Events)
	for i, text := range demoMessages {
		var answer struct{ Events []hotline.Event }
		status, err := client.post(ctx, "/conversations/"+talk.ID+"/messages", "demo-"+strconv.Itoa(i), map[string]string{"text": text}, &answer)
		if err != nil || status != http.StatusOK {
			return hotline.Errorf("demo", hotline.CodeInternal, "%s: %d %w", text, status, err)
		}
		show(answer.Events)
	}
	for what := range missing {
		return hotline.Errorf("demo", hotline.CodeInternal, "the chat had not %s", what)
	}
	env.printf("通过 answered, filed and ended\n\n在浏览器里试 in a browser: hotline serve, then http://127.0.0.1:8080/demo/")
	return nil
}
