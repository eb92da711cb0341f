import fc from "fast-check";
import { jobName, slotOf } from "../../../lambdas/etl-launcher/slot";

const moments = fc.date({
  min: new Date("2000-01-01T00:00:00Z"),
  max: new Date("9999-12-31T23:59:59Z"),
  noInvalidDate: true,
});
const names = fc.stringMatching(/^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$/);

describe("slotOf", () => {
  it("floors to the minute in UTC", () => {
    expect(slotOf(new Date("2026-03-08T01:59:59.999-05:00"))).toEqual({
      id: "20260308-0659",
      start: "2026-03-08T06:59:00Z",
    });
  });

  it("keeps the two hours apart that share a local time when summer time ends", () => {
    const first = slotOf(new Date("2026-11-01T01:30:00-04:00"));
    const second = slotOf(new Date("2026-11-01T01:30:00-05:00"));
    expect([first.id, second.id]).toEqual(["20261101-0530", "20261101-0630"]);
  });

  it("is the same for two moments exactly when they lie in one minute", () => {
    fc.assert(
      fc.property(moments, fc.integer({ min: 0, max: 120_000 }), (moment, later) => {
        const other = new Date(moment.getTime() + later);
        const oneMinute = Math.floor(moment.getTime() / 60_000) === Math.floor(other.getTime() / 60_000);
        expect(slotOf(moment).id === slotOf(other).id).toBe(oneMinute);
      }),
    );
  });

  it("gives the ETL a start that lies in the slot", () => {
    fc.assert(
      fc.property(moments, (moment) => {
        const { id, start } = slotOf(moment);
        expect(slotOf(new Date(start)).id).toBe(id);
        expect(Date.parse(start)).toBeLessThanOrEqual(moment.getTime());
      }),
    );
  });
});

describe("jobName", () => {
  it("is the ETL, the environment and the slot", () => {
    expect(jobName("epic2op", "prod", slotOf(new Date("2026-01-02T03:04:05Z")))).toBe("epic2op-prod-20260102-0304");
  });

  it("is a valid name for every ETL and moment", () => {
    fc.assert(
      fc.property(names, moments, (etl, moment) => {
        const name = jobName(etl, "prod", slotOf(moment));
        expect(name).toMatch(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);
        expect(name.length).toBeLessThanOrEqual(63);
      }),
    );
  });

  it("tells any two ETLs and slots apart", () => {
    fc.assert(
      fc.property(names, names, moments, moments, (etl, otherEtl, moment, otherMoment) => {
        const [slot, otherSlot] = [slotOf(moment), slotOf(otherMoment)];
        const same = etl === otherEtl && slot.id === otherSlot.id;
        expect(jobName(etl, "dev", slot) === jobName(otherEtl, "dev", otherSlot)).toBe(same);
      }),
    );
  });
});
