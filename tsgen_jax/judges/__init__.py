"""Networks that judge series: trained on a set, asked about another."""

JUDGES = ("fcn", "minirocket")
