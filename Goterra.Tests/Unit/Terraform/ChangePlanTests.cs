extern alias terraform;
using terraform::Goterra.Terraform.Resources;
using terraform::Goterra.Terraform.Values;

namespace Goterra.Tests.Unit.Terraform;

[Trait("Category", "Unit")]
public sealed class ChangePlanTests
{
    private static readonly ProviderTypes Types = ProviderTypes.Create();

    [Fact]
    public void Create_NewResource_ComputedIsUnknownAndDefaultsAreSet()
    {
        var config = Object(("deployment", "d"), ("prefix", "nodes/"));

        var plan = ChangePlan.Create(Types.Resources["goterra_wait"], null, config, config, wasImported: false);

        Assert.True(plan.Planned.IsUnknown("arrived"));
        Assert.Equal("30m", plan.Planned.Text("timeout"));
        Assert.Equal("nodes/", plan.Planned.Text("prefix"));
        Assert.Empty(plan.ReplacedBy);
    }

    [Fact]
    public void Create_WriteOnlyAttribute_IsNotPlanned()
    {
        var config = Object(("deployment", "d"), ("key", "k"), ("value_wo", "secret"));

        var plan = ChangePlan.Create(Types.Resources["goterra_value"], null, config, config, wasImported: false);

        Assert.False(plan.Planned.IsSet("value_wo"));
    }

    [Theory]
    [InlineData("key", "other", true)]
    [InlineData("value", "other", false)]
    [InlineData("etag", null, false)]
    public void Create_ChangedValue_IsStoredAgainOrReplaced(string attribute, string? text, bool isReplaced)
    {
        var prior = Object(("deployment", "d"), ("key", "k"), ("value", "v"), ("etag", "1"));
        prior["if_absent"] = TerraformValue.From(false);
        var (state, proposed) = (prior.Copy(), prior.Copy());
        (attribute == "etag" ? state : proposed)[attribute] = TerraformValue.From(text);

        var plan = ChangePlan.Create(Types.Resources["goterra_value"], state, proposed, proposed, wasImported: false);

        Assert.Equal(isReplaced ? [attribute] : [], plan.ReplacedBy);
        Assert.Equal(attribute != "key", plan.Planned.IsUnknown("etag"));
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void Create_TtlOfAnImportedDeployment_DoesNotReplaceIt(bool wasImported, bool isReplaced)
    {
        var config = Object(("ttl", "1h"));

        var plan = ChangePlan.Create(
            Types.Resources["goterra_deployment"], Object(("id", "d")), config, config, wasImported);

        Assert.Equal(isReplaced ? ["ttl"] : [], plan.ReplacedBy);
    }

    private static ObjectValue Object(params (string Name, string Text)[] attributes)
    {
        var value = new ObjectValue();
        foreach (var (name, text) in attributes)
            value[name] = TerraformValue.From(text);
        return value;
    }
}
