import { addressesIn } from "../../constructs/shared/policy/model";
import { itemsOf } from "./items";
import { BALANCERS, listed } from "./listings";
import { taken, type Check, type Obstacle } from "./obstacle";
import { literal } from "./planned";

/** The listeners of a load balancer that is there already: it has one at a port. */
export const LISTENERS: Check = {
  types: ["aws_lb", "aws_lb_listener"],
  find: async (planned, account) => {
    const found: Obstacle[] = [];
    for (const listener of planned.filter(({ type }) => type === "aws_lb_listener")) {
      const [of] = addressesIn(listener.body["load_balancer_arn"]);
      const balancer = planned.find(({ address }) => address === of);
      if (balancer === undefined) continue;
      const there = (await listed(BALANCERS, account, listener.region)).get(literal(balancer.body["name"]));
      if (there === undefined) continue;
      const words = ["elbv2", "describe-listeners", "--load-balancer-arn", String(BALANCERS.id(there))];
      const port = String(listener.body["port"]);
      const one = itemsOf(await account.ask(words, listener.region), "Listeners").find(
        ({ Port }) => String(Port) === port,
      );
      if (one?.["ListenerArn"] === undefined) continue;
      found.push(
        taken(
          listener,
          `the load balancer ${literal(balancer.body["name"])} listens at ${port} already`,
          one["ListenerArn"],
        ),
      );
    }
    return found;
  },
};
