extern alias terraform;
using terraform::Goterra.Terraform.Resources;
using terraform::Goterra.Terraform.Runtime;
using terraform::Goterra.Terraform.Values;

namespace Goterra.Tests.Unit.Terraform;

[Trait("Category", "Unit")]
public sealed class ValidationTests
{
    private static readonly ProviderTypes Types = ProviderTypes.Create();

    [Theory]
    [InlineData("full")]
    [InlineData("observe")]
    [InlineData("read")]
    [InlineData("write")]
    public void Ticket_ScopeNotKnownYet_IsAccepted(string attribute) =>
        AssertAccepted("goterra_ticket", (attribute, TerraformValue.Unknown));

    [Fact]
    public void Ticket_FullAndUnknownRead_IsAccepted() =>
        AssertAccepted("goterra_ticket", ("full", TerraformValue.From(true)), ("read", TerraformValue.Unknown));

    [Fact]
    public void Ticket_FullAndRead_PointsAtFull() => AssertRefused(
        "full", "goterra_ticket", ("full", TerraformValue.From(true)),
        ("read", new ListValue([TerraformValue.From("a")])));

    [Theory]
    [InlineData("read")]
    [InlineData("write")]
    public void Ticket_NullInAList_PointsAtIt(string attribute) => AssertRefused(
        attribute, "goterra_ticket", (attribute, new ListValue([TerraformValue.From("a"), TerraformValue.Null])));

    [Fact]
    public void Value_NullEphemeralValue_IsAccepted() =>
        AssertAccepted("goterra_value", ("key", TerraformValue.From("k")), ("value_wo", TerraformValue.Null));

    [Fact]
    public void Value_BothValues_PointsAtTheSecond() => AssertRefused(
        "value_wo", "goterra_value", ("value", TerraformValue.From("a")), ("value_wo", TerraformValue.From("b")));

    [Fact]
    public void Value_OneValueNotKnownYet_IsAccepted() =>
        AssertAccepted("goterra_value", ("value", TerraformValue.Unknown), ("value_wo", TerraformValue.From("b")));

    [Theory]
    [InlineData("keys")]
    [InlineData("prefix")]
    [InlineData("min_count")]
    public void Wait_NotKnownYet_IsAccepted(string attribute)
    {
        var other = attribute == "keys" ? ("keys", TerraformValue.Unknown) : ("prefix", TerraformValue.From("nodes/"));

        AssertAccepted("goterra_wait", other, (attribute, TerraformValue.Unknown));
    }

    [Theory]
    [InlineData(0L)]
    [InlineData(-1L)]
    public void Wait_CountBelowOne_PointsAtIt(long count) => AssertRefused(
        "min_count", "goterra_wait", ("prefix", TerraformValue.From("nodes/")),
        ("min_count", TerraformValue.From(count)));

    [Fact]
    public void Wait_PrefixWithoutCount_PointsAtThePrefix() =>
        AssertRefused("prefix", "goterra_wait", ("prefix", TerraformValue.From("nodes/")));

    [Fact]
    public void Wait_NoKeys_PointsAtThem() =>
        AssertRefused("keys", "goterra_wait", ("keys", new ListValue([])));

    [Fact]
    public void Wait_NullKey_PointsAtThem() =>
        AssertRefused("keys", "goterra_wait", ("keys", new ListValue([TerraformValue.Null])));

    private static void AssertAccepted(string type, params (string Name, TerraformValue Value)[] attributes) =>
        Assert.Null(Record.Exception(() => Validate(type, attributes)));

    private static void AssertRefused(
        string attribute, string type, params (string Name, TerraformValue Value)[] attributes) =>
        Assert.Equal(attribute, Assert.Throws<DiagnosticException>(() => Validate(type, attributes)).Attribute);

    private static void Validate(string type, params (string Name, TerraformValue Value)[] attributes)
    {
        var config = new ObjectValue();
        foreach (var (name, value) in attributes)
            config[name] = value;
        Types.Resources[type].Validate(config);
    }
}
