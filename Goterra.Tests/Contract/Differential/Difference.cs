using System.Text;

namespace Goterra.Tests.Contract.Differential;

/// <summary>The operations up to the first one whose answers differ.</summary>
internal sealed record Difference(string First, string Second, IReadOnlyList<Step> Steps)
{
    public override string ToString()
    {
        var text = new StringBuilder();
        for (var i = 0; i < Steps.Count; i++)
        {
            text.Append($"{i + 1,3}. {Steps[i].Operation.ToText()}\n");
            if (Steps[i].IsDifference)
                text.Append($"     {First,-8}: {Steps[i].First.Text}\n     {Second,-8}: {Steps[i].Second.Text}\n");
            else
                text.Append($"     both: {Steps[i].First.Text}\n");
        }

        return text.ToString();
    }
}

/// <summary>An operation and both answers.</summary>
internal sealed record Step(Operation Operation, Answer First, Answer Second)
{
    public bool IsDifference => First != Second || First.IsFault;
}
